"""Files in and out: CSV and XLSX, with a preview, row-exact errors and progress; each app brings its kinds in `imports.py`."""
