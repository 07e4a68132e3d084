SELECT
  count(*) FILTER (WHERE count_2_60 >= 5 AND sum_90 > 450000000),
  count(*) FILTER (WHERE count_1_180 >= 5 AND sum_180 > 200000000),
  count(*) FILTER (WHERE count_3_180 >= 6 AND sum_1 > 310000000),
  count(*) FILTER (WHERE count_3_180 >= 2 AND sum_90 > 380000000),
  count(*) FILTER (WHERE count_1_30 >= 1 AND sum_1 > 70000000)
FROM (
  SELECT customer,
    coalesce(sum(total) FILTER (WHERE event = 1 AND time > 1764547200000 AND time <= 1772323200000), 0) AS sum_90,
    count(*) FILTER (WHERE event = 2 AND time > 1767139200000 AND time <= 1772323200000) AS count_2_60,
    coalesce(sum(total) FILTER (WHERE event = 1 AND time > 1756771200000 AND time <= 1772323200000), 0) AS sum_180,
    count(*) FILTER (WHERE event = 1 AND time > 1756771200000 AND time <= 1772323200000) AS count_1_180,
    coalesce(sum(total) FILTER (WHERE event = 1 AND time > 1772236800000 AND time <= 1772323200000), 0) AS sum_1,
    count(*) FILTER (WHERE event = 3 AND time > 1756771200000 AND time <= 1772323200000) AS count_3_180,
    count(*) FILTER (WHERE event = 1 AND time > 1769731200000 AND time <= 1772323200000) AS count_1_30
  FROM events
  GROUP BY customer
)
