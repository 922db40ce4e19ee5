"""HTML templates, styles and scripts. A package, so that the files are installed with the code."""
