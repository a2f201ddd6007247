-- What a request that may be repeated has asked for: the same id with another body is a mistake.
ALTER TABLE workflow ADD COLUMN request_digest TEXT;
ALTER TABLE claim_request ADD COLUMN digest TEXT;
