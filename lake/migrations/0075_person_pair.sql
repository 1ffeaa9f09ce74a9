-- Pairs of records that may be one person, to be looked at by people. The two records are kept as the file had
-- them, for the workspace alone; what the lake is told afterwards are keyed hashes.
CREATE TABLE state.person_pair (
    source text NOT NULL,
    record jsonb NOT NULL,
    other_record jsonb NOT NULL,
    key text,
    other_key text,
    probability double precision NOT NULL CHECK (probability BETWEEN 0 AND 1),
    decision text NOT NULL CHECK (decision IN ('proposed', 'merged', 'apart'))
);
SELECT state.declare('state.person_pair');
