"""Tables from files: read as they are, checked row by row, previewed, applied in parts that a crash cannot double.

What the rows mean is declared by the modules (:class:`~quanyu.platform.files.importer.Importer`); this room knows
files, cells, columns, jobs and no business word.
"""
