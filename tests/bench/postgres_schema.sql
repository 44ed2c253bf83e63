-- The simpler job of the baseline: an entry, a balance, an outbox row, in one
-- stored function and one commit.
CREATE TABLE balance (
  member_id text PRIMARY KEY,
  available bigint NOT NULL
);
CREATE TABLE entry (
  entry_id bigserial PRIMARY KEY,
  member_id text NOT NULL,
  order_id text NOT NULL,
  points bigint NOT NULL,
  available_after bigint NOT NULL,
  effective_time timestamptz NOT NULL
);
CREATE TABLE outbox (
  event_id bigserial PRIMARY KEY,
  payload jsonb NOT NULL
);
INSERT INTO balance
  SELECT 'm-' || lpad(n::text, 5, '0'), 0 FROM generate_series(1, 10000) AS n;

CREATE FUNCTION post_points(member text, sale text, amount bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  after bigint;
BEGIN
  UPDATE balance SET available = available + amount
    WHERE member_id = member RETURNING available INTO STRICT after;
  INSERT INTO entry (member_id, order_id, points, available_after,
                     effective_time)
    VALUES (member, sale, amount, after, now());
  INSERT INTO outbox (payload)
    VALUES (jsonb_build_object('type', 'order_committed', 'member_id', member,
                               'order_id', sale, 'points_earned', amount,
                               'available_after', after));
  RETURN after;
END $$;
