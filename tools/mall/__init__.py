"""Build the mall: H5 into the package, the mini-program as a zip. See ``__main__``."""
