"""Great Expectations suites as code: one suite() a dataset."""
