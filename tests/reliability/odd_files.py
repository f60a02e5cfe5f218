"""Odd and broken images, each with what has to become of it: python tests/reliability/odd_files.py FOLDER

Every file has a picture of its own, so that none is a copy of another. The same call makes the same files."""
import sys
import warnings
from collections.abc import Callable
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

SIZE = 48, 40 # of most pictures, in pixels
LOSSLESS, LOSSY, COARSE = 2, 8, 40 # mean differences of 256 levels: rounding, photographs' formats, palettes
NO_IMAGE = ('not an image',)
BROKEN = 'damaged', 'truncated', 'not an image', 'empty', 'an unusual kind of TIFF, or damaged'
SPOILT = (*BROKEN, 'too large', 'EPS', 'AVIF', 'HEIC') # a turned bit can make anything of a header
MODES = '1', 'L', 'P', 'PA', 'LA', 'La', 'RGB', 'RGBA', 'RGBa', 'RGBX', 'CMYK', 'YCbCr', 'HSV', 'LAB'
DEEP = 'I', 'F', 'I;16', 'I;16L', 'I;16B' # grey, of more than 8 bits
FLOATS = 'SPIDER' # a format that holds nothing else, so that bytes lose their range
NO_PICTURES = 'PDF', 'EPS', 'PALM', 'MPO', 'DIB' # page descriptions, a Palm's bitmaps, and other names of JPEG and BMP
ENDINGS = 'jpg', 'png', 'txt', 'zip', 'html', 'pdf', 'exe', 'JPEG', 'tif', 'py', ''
ORIENTATION = 0x0112 # the EXIF tag
INVERSE = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
           4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
           7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270} # how a picture lies that the tag turns upright
AVIF_SIDE = 32768 # pixels, which its library reads
FLIPS = 8 # broken copies of each kind, each with some bits turned
TURNED = 3 # bits in each

_numbers = count()


class Odd(NamedTuple):
    "A file, and what has to become of it."
    name: str # with its folder, the group
    data: bytes
    picture: Image.Image | None = None # what has to be read, in RGB; `None` where that is not known
    off: float = LOSSLESS # how far the mean of all differences may be from it
    reasons: tuple = () # how a reason for skipping may begin; none: it has to be read


def picture(size=SIZE):
    "A smooth picture that no other is equal to: a slope of colours."
    rng = np.random.default_rng(next(_numbers))
    y, x = (np.linspace(0, 1, n) for n in size[::-1])
    a, b, c = rng.uniform(20, 90, (3, 3))
    return Image.fromarray((y[:, None, None]*a + x[None, :, None]*b + c).astype(np.uint8))


def saved(img, fmt, **kwargs):
    "The bytes of a file of that format; `None` where this Pillow does not write it."
    f = BytesIO()
    try: img.save(f, fmt, **kwargs)
    except Exception: return None # each format says no in its own way
    return f.getvalue()


def on_white(img):
    "A picture with its transparency on white, in RGB."
    img = img.convert('RGBA')
    return Image.alpha_composite(Image.new('RGBA', img.size, 'white'), img).convert('RGB')


def in_lab(img):
    "A picture in the colours of CIELAB."
    return ImageCms.profileToProfile(img, ImageCms.createProfile('sRGB'), ImageCms.createProfile('LAB'),
                                     outputMode='LAB')


def deep(img, mode):
    "A grey picture of more than 8 bits: floats from 0 to 1, or whole numbers up to 65535."
    grey = np.asarray(img.convert('L'))
    if mode == 'F': return Image.fromarray(grey.astype(np.float32)/255)
    kind = dict(I='=i4').get(mode, '>u2' if mode.endswith('B') else '<u2')
    return Image.frombytes(mode, img.size, (grey.astype(int)*257).astype(kind).tobytes())


def in_mode(img, mode):
    "A picture in another mode."
    if mode == 'LAB': return in_lab(img)
    if mode in DEEP: return deep(img, mode)
    for o in dict(PA=('P', 'PA'), La=('LA', 'La'), RGBa=('RGBA', 'RGBa')).get(mode, (mode,)): img = img.convert(o)
    return img


def seen(img, mode):
    "What a picture in such a mode looks like, in RGB."
    if mode == 'LAB': return img
    return img.convert('L').convert('RGB') if mode in DEEP else on_white(in_mode(img, dict(La='LA').get(mode, mode)))


def loss_of(fmt):
    "How much a format loses of a smooth picture."
    if fmt in ('GIF', 'ICNS'): return COARSE
    return LOSSY if fmt in ('JPEG', 'WEBP', 'AVIF', 'JPEG2000', 'BLP') else LOSSLESS


def sound(group):
    "A good file among bad ones: a source needs one."
    img = picture()
    return Odd(f'{group}/sound.png', saved(img, 'PNG'), img)


def writable():
    "The formats of pictures that Pillow writes."
    Image.init()
    return sorted(set(Image.SAVE) - set(NO_PICTURES))


def square(fmt): return fmt in ('ICO', 'ICNS')


def in_format(group, fmt, mode):
    "A picture of that mode in that format."
    img = picture((64, 64) if square(fmt) else SIZE)
    name = f'{group}/{fmt}_{mode.replace(";", "_")}.{fmt.lower()}'
    return Odd(name, saved(in_mode(img, mode), fmt), seen(img, mode), loss_of(fmt))


def modes():
    "Every mode in every format that Pillow writes."
    for fmt in writable():
        for mode in MODES if fmt != FLOATS else ():
            if (fmt, mode) != ('ICNS', '1'): yield in_format('modes', fmt, mode) # its dots are not those of other sizes


def deep_modes():
    "Grey of more than 8 bits, where the format keeps it."
    for fmt in writable():
        for mode in DEEP if fmt != FLOATS else ('F',):
            o = in_format('deep_modes', fmt, mode)
            if o.data and Image.open(BytesIO(o.data)).mode in DEEP: yield o


OPTIONS = {'JPEG': (dict(progressive=True), dict(quality=100), dict(subsampling=0), dict(subsampling=2, optimize=True),
                    dict(restart_marker_rows=1), dict(dpi=(300, 300)), dict(keep_rgb=True)),
           'PNG': (dict(optimize=True), dict(compress_level=0), dict(dpi=(72, 72))),
           'WEBP': (dict(lossless=True), dict(quality=90), dict(method=0)),
           'AVIF': (dict(subsampling='4:4:4'), dict(quality=100), dict(speed=10)),
           'JPEG2000': (dict(irreversible=True), dict(no_jp2=True), dict(tile_size=(16, 16)), dict(progression='RPCL')),
           'GIF': (dict(interlace=0), dict(optimize=True)),
           'TGA': (dict(compression='tga_rle'), dict(orientation=1)),
           'SGI': (dict(bpc=2),),
           'TIFF': tuple(dict(compression=o) for o in ('raw', 'tiff_lzw', 'packbits', 'tiff_deflate',
                                                       'tiff_adobe_deflate', 'jpeg', 'lzma', 'zstd'))
                   + (dict(big_tiff=True), dict(dpi=(300, 300)))}


def options():
    "What else formats can do."
    for fmt, choices in OPTIONS.items():
        for i, kwargs in enumerate(choices):
            img = picture()
            lossy = kwargs.get('compression') == 'jpeg'
            off = LOSSY if lossy else loss_of(fmt)
            yield Odd(f'options/{fmt}_{i}.{fmt.lower()}', saved(img, fmt, **kwargs), img, off)
    for o in 'group3', 'group4', 'tiff_ccitt':
        img = picture().convert('1')
        yield Odd(f'options/{o}.tiff', saved(img, 'TIFF', compression=o), img.convert('RGB'))


def exif_of(turn):
    "An EXIF block with an orientation."
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    return exif


def orientations():
    "A tag that says how the picture lies."
    for fmt in 'JPEG', 'PNG', 'WEBP', 'TIFF', 'AVIF':
        for turn, way in INVERSE.items():
            img = picture()
            data = saved(img if way is None else img.transpose(way), fmt, exif=exif_of(turn))
            yield Odd(f'orientations/{fmt}_{turn}.{fmt.lower()}', data, img, loss_of(fmt))


def texts():
    "The texts of a PNG file."
    info = PngImagePlugin.PngInfo()
    info.add_text('Comment', 'with \x1b[31m colours')
    info.add_itxt('Title', 'Wagen', 'de', 'Titel', zip=True)
    return info


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF/></x:xmpmeta>'


def metadata():
    "Profiles, comments and notes of every kind, sound ones and rubbish."
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile('sRGB')).tobytes()
    common = dict(profile=dict(icc_profile=profile), no_profile=dict(icc_profile=b'rubbish'*99), xmp=dict(xmp=XMP),
                  bad_xmp=dict(xmp=b'<x:xmp'), exif=dict(exif=exif_of(99)), bad_exif=dict(exif=b'Exif\0\0rubbish'))
    own = {'JPEG': dict(comment=dict(comment=b'\xff\0 odd'), extra=dict(extra=b'\xff\xe5\0\4ab')),
           'PNG': dict(texts=dict(pnginfo=texts())), 'GIF': dict(comment=dict(comment=b'x'*999)),
           'TIFF': dict(words=dict(software='\x1b[31m', description='x'*9999))}
    for fmt in 'JPEG', 'PNG', 'WEBP', 'TIFF', 'GIF', 'AVIF':
        for what, kwargs in {**common, **own.get(fmt, {})}.items():
            img = picture()
            data = saved(img, fmt, **kwargs)
            yield Odd(f'metadata/{fmt}_{what}.{fmt.lower()}', data, img, loss_of(fmt))


def clear(img):
    "A picture whose left half is transparent."
    out = img.convert('RGBA')
    out.paste((0, 0, 0, 0), (0, 0, img.width//2, img.height))
    return out


def transparent():
    "Transparency, in palettes and beside them."
    for fmt in 'PNG', 'WEBP', 'TIFF', 'GIF', 'TGA', 'ICO', 'BMP', 'JPEG2000', 'QOI', 'DDS', 'SGI', 'AVIF':
        img = clear(picture((48, 48) if square(fmt) else SIZE))
        if fmt == 'BMP': img = img.convert('RGB')
        kwargs = dict(lossless=True) if fmt == 'WEBP' else {}
        yield Odd(f'transparent/{fmt}.{fmt.lower()}', saved(img, fmt, **kwargs), on_white(img), loss_of(fmt))
    for colours in 2, 4, 16, 256:
        img = picture().quantize(colours)
        data = saved(img, 'PNG', transparency=bytes(range(colours))) # each colour has its own alpha
        yield Odd(f'transparent/palette_{colours}.png', data, on_white(Image.open(BytesIO(data))))
        data = saved(picture().quantize(colours), 'GIF', transparency=1)
        yield Odd(f'transparent/palette_{colours}.gif', data, on_white(Image.open(BytesIO(data))), COARSE)
    for mode, colour in dict(L=90, RGB=(90, 80, 70)).items():
        img = picture().convert(mode)
        img.paste(colour, (0, 0, 20, 20))
        data = saved(img, 'PNG', transparency=colour)
        yield Odd(f'transparent/one_{mode}.png', data, on_white(Image.open(BytesIO(data))))


def animated():
    "Several frames, of which the first counts."
    for fmt in 'GIF', 'WEBP', 'PNG', 'TIFF', 'AVIF':
        first, *others = (picture() for _ in range(4))
        data = saved(first, fmt, save_all=True, append_images=others)
        yield Odd(f'animated/{fmt}.{fmt.lower()}', data, first, COARSE if fmt == 'GIF' else loss_of(fmt))


def shapes():
    "One pixel, one row, one column: thin lines, which resizing blurs."
    for fmt in ('JPEG', 'PNG', 'WEBP', 'TIFF', 'GIF', 'BMP', 'TGA', 'PPM', 'JPEG2000', 'AVIF', 'ICO', 'QOI', 'PCX',
                'SGI'):
        for size in (1, 1), (1, 7), (200, 1), (3000, 2), (2, 9000), (60_000, 1):
            img = picture(size)
            data = saved(img, fmt)
            may_fail = BROKEN if fmt == 'AVIF' and max(size) > AVIF_SIDE else ()
            yield Odd(f'shapes/{size[0]}x{size[1]}.{fmt.lower()}', data, img, COARSE, may_fail)


def endings():
    "Images with the ending of something else, and other things with that of an image."
    for ending in ENDINGS:
        for fmt in 'JPEG', 'PNG', 'WEBP', 'TIFF':
            img = picture()
            yield Odd(f'endings/{fmt}_as_{ending}'.rstrip('.') + f'.{ending}'*bool(ending), saved(img, fmt), img,
                      loss_of(fmt))
    words = {'text': b'Ask Ada.', 'page': b'<html>404</html>', 'pdf': b'%PDF-1.7', 'zip': b'PK\3\4',
             'noise': noise(500), 'zeros': bytes(500), 'ones': b'\xff'*500, 'pickle': b'\x80\4cos\nsystem\n.',
             'rtf': b'{\\rtf1'}
    for what, data in words.items():
        for ending in 'jpg', 'png', 'tif', 'gif': yield Odd(f'endings/{what}.{ending}', data, reasons=NO_IMAGE)


def noise(n): return np.random.default_rng(next(_numbers)).bytes(n)


STARTS = {'JPEG': b'\xff\xd8\xff\xe0', 'PNG': b'\x89PNG\r\n\x1a\n', 'GIF': b'GIF89a', 'BMP': b'BM', 'TIFF': b'II*\0',
          'WEBP': b'RIFF\0\0\0\0WEBP', 'PSD': b'8BPS', 'ICO': b'\0\0\1\0', 'JP2': b'\0\0\0\x0cjP  \r\n\x87\n',
          'QOI': b'qoif', 'DDS': b'DDS ', 'SGI': b'\1\xda', 'PPM': b'P6 ', 'ICNS': b'icns', 'FITS': b'SIMPLE  ='}


def starts():
    "Nothing, and the start of a format with nothing or noise after it."
    yield sound('starts')
    for ending in 'jpg', 'png', 'gif', 'tif': yield Odd(f'starts/empty.{ending}', b'', reasons=('empty',))
    for fmt, start in STARTS.items():
        for what, rest in dict(alone=b'', noise=noise(400), zeros=bytes(400)).items():
            yield Odd(f'starts/{fmt}_{what}.{fmt.lower()}', start + rest, reasons=SPOILT)


KINDS = {'jpeg': ('JPEG', {}), 'progressive': ('JPEG', dict(progressive=True)), 'png': ('PNG', {}), 'gif': ('GIF', {}),
         'bmp': ('BMP', {}), 'webp': ('WEBP', dict(lossless=True)), 'avif': ('AVIF', {}), 'jp2': ('JPEG2000', {}),
         'ppm': ('PPM', {}), 'tga': ('TGA', {}), 'ico': ('ICO', {}), 'sgi': ('SGI', {}), 'pcx': ('PCX', {}),
         'qoi': ('QOI', {}), 'dds': ('DDS', {}), 'im': ('IM', {}),
         **{f'tiff_{o}': ('TIFF', dict(compression=o))
            for o in ('raw', 'tiff_lzw', 'packbits', 'tiff_deflate', 'jpeg')}}


def rough(size=SIZE):
    "A picture that no format makes small."
    return Image.frombytes('RGB', size, noise(3*size[0]*size[1]))


def truncated():
    "Files that end early; what is still read has to be the whole picture."
    yield sound('truncated')
    for kind, (fmt, kwargs) in KINDS.items():
        for tenth in range(1, 10):
            data = saved(rough(), fmt, **kwargs)
            whole = Image.open(BytesIO(data)).convert('RGB')
            yield Odd(f'truncated/{tenth}_{kind}', data[:len(data)*tenth//10], whole, LOSSLESS, BROKEN)


def flipped():
    "Files with a few bits turned; nobody knows what they show."
    yield sound('flipped')
    for kind, (fmt, kwargs) in KINDS.items():
        for i in range(FLIPS):
            data = np.frombuffer(saved(picture(), fmt, **kwargs), np.uint8).copy()
            rng = np.random.default_rng(next(_numbers))
            where = rng.integers(0, min(len(data), 2000 if i % 2 else 100), TURNED) # half of them in the header
            np.bitwise_xor.at(data, where, 1 << rng.integers(0, 8, TURNED).astype(np.uint8))
            yield Odd(f'flipped/{i}_{kind}', data.tobytes(), reasons=SPOILT)


GROUPS: tuple[Callable, ...] = (modes, deep_modes, options, orientations, metadata, transparent, animated,
                                shapes, endings, starts, truncated, flipped)


def odd_files():
    "All of them, the same ones every time."
    global _numbers
    _numbers = count()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        return [o for group in GROUPS for o in group() if o.data is not None]


def write(folder, files):
    "Write the files below a folder."
    for o in files:
        path = Path(folder)/o.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(o.data)


if __name__ == '__main__': write(sys.argv[1], odd_files())
