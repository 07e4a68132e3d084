SELECT
  countIf(last_2 > 0 AND last_2 < 1769731200000 AND count_2_90 >= 1),
  countIf(last_1 <= 1772316000000 AND last_1 > 1769731200000 AND count_0_180 <= 4),
  countIf(last_3 > 0 AND last_3 < 1771718400000 AND count_0_1 >= 3),
  countIf(last_3 <= 1772316000000 AND last_3 > 1756771200000 AND count_3_90 <= 2),
  countIf(last_1 > 0 AND last_1 < 1772236800000 AND count_0_1 >= 3)
FROM (
  SELECT customer,
    countIf(event = 2 AND time > 1764547200000 AND time <= 1772323200000) AS count_2_90,
    maxIf(time, event = 2 AND time <= 1772323200000) AS last_2,
    countIf(event = 0 AND time > 1756771200000 AND time <= 1772323200000) AS count_0_180,
    maxIf(time, event = 1 AND time <= 1772323200000) AS last_1,
    countIf(event = 0 AND time > 1772236800000 AND time <= 1772323200000) AS count_0_1,
    maxIf(time, event = 3 AND time <= 1772323200000) AS last_3,
    countIf(event = 3 AND time > 1764547200000 AND time <= 1772323200000) AS count_3_90
  FROM events
  GROUP BY customer
)
