def kl_normal(mu, log_var, prior_mu=0., prior_log_var=0.):
    return 0.5*(prior_log_var - log_var + (log_var.exp() + (mu-prior_mu)**2)/2.718281828459045**prior_log_var - 1).sum(-1)
