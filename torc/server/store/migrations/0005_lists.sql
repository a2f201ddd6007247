-- Lists are in the order of ids: with these a page costs its own rows, without them a sort of the whole workflow.
CREATE INDEX job_by_workflow ON job (workflow_id);
CREATE INDEX file_by_workflow ON file (workflow_id);
