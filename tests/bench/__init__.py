"""`make bench`: the figures of this project, measured on the machine at hand."""
