SELECT
  countIf(count_2_60 >= 5 AND sum_90 > 450000000),
  countIf(count_1_180 >= 5 AND sum_180 > 200000000),
  countIf(count_3_180 >= 6 AND sum_1 > 310000000),
  countIf(count_3_180 >= 2 AND sum_90 > 380000000),
  countIf(count_1_30 >= 1 AND sum_1 > 70000000)
FROM (
  SELECT customer,
    sumIf(total, event = 1 AND time > 1764547200000 AND time <= 1772323200000) AS sum_90,
    countIf(event = 2 AND time > 1767139200000 AND time <= 1772323200000) AS count_2_60,
    sumIf(total, event = 1 AND time > 1756771200000 AND time <= 1772323200000) AS sum_180,
    countIf(event = 1 AND time > 1756771200000 AND time <= 1772323200000) AS count_1_180,
    sumIf(total, event = 1 AND time > 1772236800000 AND time <= 1772323200000) AS sum_1,
    countIf(event = 3 AND time > 1756771200000 AND time <= 1772323200000) AS count_3_180,
    countIf(event = 1 AND time > 1769731200000 AND time <= 1772323200000) AS count_1_30
  FROM events
  GROUP BY customer
)
