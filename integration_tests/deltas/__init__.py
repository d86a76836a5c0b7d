"""Random histories of a tenant and its syncs, with a model of what each sync has to tell."""
