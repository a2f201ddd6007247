-- Commands as they were written, of jobs whose command holds ids of user data: ids differ in a copy of the workflow.
CREATE TABLE job_command_template (
    job_id INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
    template TEXT NOT NULL
);

CREATE TRIGGER job_command_changed AFTER UPDATE OF command ON job
BEGIN
    DELETE FROM job_command_template WHERE job_id = old.id;
END;
