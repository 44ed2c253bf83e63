\set member random(1, :members)
\set sale random(1, 1000000000)
\set amount random(1, 100)
SELECT post_points('m-' || lpad((:member)::int::text, 5, '0'), 'order-' || (:sale)::int, :amount);
