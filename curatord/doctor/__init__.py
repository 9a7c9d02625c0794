"""Whether this machine, this installation and this configuration can do the job: one small check for each thing."""
