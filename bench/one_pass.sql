-- A pass as two transactions, issue and return, for pgbench. Each locks the head of the school, as whoever decides about
-- a school must, and then writes the rows that the ledger writes for the command.
\set school random(1, :schools)
\set student random(1, 3000)
BEGIN;
SELECT school_id AS head, seq + 1 AS seq, uuidv7() AS pass FROM ledger_head
    WHERE school_id = ('0be0c400-0000-7000-8000-' || lpad(:school::text, 12, '0'))::uuid FOR UPDATE \gset
\startpipeline
INSERT INTO ledger_event (school_id, seq, recorded_at, kind, body, salt, digest, hash, command_id) VALUES (
    :head::uuid, :seq, now(), 'pass_issued',
    '{"by": "0be0c402-0000-7000-8000-000000000000", "channel": "staff", "destination_id": "0be0c403-0000-7000-8000-000000000000", "lift_reason": null, "lifted": [], "minutes": 10, "noted": [], "origin_id": "0be0c404-0000-7000-8000-000000000000", "pass_id": "0be0c405-0000-7000-8000-000000000000", "pass_type_id": "0be0c406-0000-7000-8000-000000000000", "reason": null, "section_id": "0be0c407-0000-7000-8000-000000000000", "student_id": "0be0c401-0000-7000-8000-000000000000"}',
    '\x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
    '\xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5',
    '\xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5', uuidv7());
INSERT INTO pass (
    id, school_id, seq, student_id, origin_id, destination_id, section_id, pass_type_id, status, minutes, channel,
    requested_at, requested_by, leg, overdue, started_at, due_at, lifted, noted, misses, by_itself, declinable
) VALUES (
    :pass::uuid, :head::uuid, :seq, ('0be0c401-0000-7000-8000-' || lpad(:student::text, 12, '0'))::uuid,
    '0be0c404-0000-7000-8000-000000000000', '0be0c403-0000-7000-8000-000000000000',
    '0be0c407-0000-7000-8000-000000000000', '0be0c406-0000-7000-8000-000000000000', 'active', 10, 'staff',
    now(), '0be0c402-0000-7000-8000-000000000000', 'outbound', false, now(), now() + interval '10 minutes', '{}',
    '{}', 0, false, true);
UPDATE ledger_head SET
    seq = :seq, hash = '\xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5', recorded_at = now()
    WHERE school_id = :head::uuid;
COMMIT;
\endpipeline
BEGIN;
SELECT seq + 1 AS seq FROM ledger_head WHERE school_id = :head::uuid FOR UPDATE \gset
\startpipeline
INSERT INTO ledger_event (school_id, seq, recorded_at, kind, body, salt, digest, hash, command_id) VALUES (
    :head::uuid, :seq, now(), 'pass_ended',
    '{"by": "0be0c402-0000-7000-8000-000000000000", "how": "returned", "pass_id": "0be0c405-0000-7000-8000-000000000000"}',
    '\x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a',
    '\xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5',
    '\xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5', uuidv7());
UPDATE pass SET
    status = 'ended', leg = NULL, ended_at = now(), ended_by = '0be0c402-0000-7000-8000-000000000000',
    ended_how = 'returned'
    WHERE id = :pass::uuid;
UPDATE ledger_head SET
    seq = :seq, hash = '\xa5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5', recorded_at = now()
    WHERE school_id = :head::uuid;
COMMIT;
\endpipeline
