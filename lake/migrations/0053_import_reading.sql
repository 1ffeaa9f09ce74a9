-- How days and numbers of such files are read that no file tells: asked once, then remembered.

ALTER TABLE lake.import_mapping ADD COLUMN day_order text, ADD COLUMN decimal_sign text;
