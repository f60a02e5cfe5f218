// A question as the search wants it: sections that have all its words, beginnings of words too, but for those that say little.
const EMPTY = new Set('a an and are can do does for from how i in is it me my of on or the to what when where which why with'.split(' '));
const ENDINGS = /(?<=....)(ies|ing|es|ed|s|y)$/;

window.everyWord = question => {
  const words = question.toLowerCase().split(/[\s,.;:?!]+/).filter(o => o.length > 1 && !EMPTY.has(o)).map(o => o.replace(ENDINGS, ''));
  const anywhere = word => ({$or: ['title', 'section', 'text'].map(key => ({[key]: `'${word}`}))});
  return words.length ? {$and: words.map(anywhere)} : question;
};
