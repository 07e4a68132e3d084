# The knots of units: a unit is a .cpp with its .hpp, a knot is a set of them that all include each other, directly or not
# (the strongly connected components, Tarjan 1972). Reads the facts of shape.awk, prints a knot a line, names in order.

function unit_of(file) { sub(/^src\//, "", file); sub(/\.[hc]pp$/, "", file); return file }

function visit(unit,   i, next_unit, last, n, j, knot) {
  index_of[unit] = low[unit] = ++visited
  stack[++height] = unit
  on_stack[unit] = 1
  for (i = 1; i <= degree[unit]; ++i) {
    next_unit = edge[unit, i]
    if (!(next_unit in index_of)) {
      visit(next_unit)
      if (low[next_unit] < low[unit]) low[unit] = low[next_unit]
    } else if (on_stack[next_unit] && index_of[next_unit] < low[unit]) low[unit] = index_of[next_unit]
  }
  if (low[unit] != index_of[unit]) return
  n = 0
  do {
    last = stack[height--]
    on_stack[last] = 0
    for (j = n++; j > 0 && sorted[j] > last; --j) sorted[j + 1] = sorted[j]
    sorted[j + 1] = last
  } while (last != unit)
  if (n == 1) return
  knot = sorted[1]
  for (j = 2; j <= n; ++j) knot = knot " " sorted[j]
  print knot
}

BEGIN { FS = "\t" }
$1 == "include" {
  from = unit_of($2)
  to = unit_of($4)
  if (from == to || (from, to) in seen) next
  seen[from, to] = 1
  edge[from, ++degree[from]] = to
  units[from] = 1
}
END { for (unit in units) if (!(unit in index_of)) visit(unit) }
