# The shape of C++ sources, one fact a line, for tools/check_house: how long functions and classes are, how types are
# called, who includes whom, and the literals that some rule asks about. Fields are parted by tabs:
#
#   lines     FILE  LINES   REASON            REASON: 1 where a comment says "// Long because", in that very place
#   function  FILE  LINE    LENGTH  REASON    HEAD
#   type      FILE  LINE    LENGTH  REASON    NAME   qualified; nothing of unnamed namespaces, whose names are a file's own
#   include   FILE  LINE    TARGET
#   text      FILE  LINE    LITERAL           with a '$', or the name of the command line
#   mention   FILE  LINE    SOURCE            a file that a comment names
#   space     FILE  LINE    NAME              a namespace at the outermost level
#   part      FILE  LINE    HEADER            of a library: <duckdb.h>
#   large     FILE  LINE                      "// Large because" of a room
#   once      FILE  LINE                      #pragma once
#   begins    FILE  1                         a comment in the first line
#
# The idea: literals and comments are taken out, then every brace is told apart by the words before it. Formatted sources
# (clang-format) are all it reads, so it needs no more of the language than this. It is awk because Debian's base system
# has awk, and neither Python nor ctags.

function fact(kind, line, rest) { printf "%s\t%s\t%s\t%s\n", kind, FILENAME, line, rest }

# The words before a brace: n(amespace), t(ype), f(unction), or b(lock) for all others.
function kind_of(words) {
  if (depth && (kind[depth] == "f" || kind[depth] == "b")) return "b"
  if (parens) return "b"
  if (words ~ /^(inline )?namespace/ || words ~ /^extern ""$/) return "n"
  words = without_template(words)
  if (words ~ /^(typedef |static |constexpr |inline |const )*(class|struct|union|enum)( |:|\[)/ && words !~ /\)$/ && words !~ /=/) return "t"
  if (words !~ /\(/) return "b"
  if (words !~ /operator *[^ (]*=/ && before_paren(words) ~ /=/) return "b"
  # A member that a constructor initialises with braces: "Run(int n) : rows_".
  if (words ~ /[)}]$/ || words ~ /[ )](const|noexcept|override|final|mutable|&)$/ || words ~ /\) *(const |noexcept )*-> /) return "f"
  return "b"
}

function before_paren(words) { return substr(words, 1, index(words, "(") - 1) }

function without_template(words,   i, open, letter) {
  while (words ~ /^template *</) {
    open = 0
    for (i = index(words, "<"); i <= length(words); ++i) {
      letter = substr(words, i, 1)
      if (letter == "<") ++open
      if (letter == ">" && --open == 0) break
    }
    words = substr(words, i + 1)
    sub(/^ +/, "", words)
  }
  return words
}

function name_of(words) {
  words = without_template(words)
  gsub(/\[\[[^]]*\]\]|alignas *\([^)]*\)/, "", words)
  gsub(/(^| )(typedef|static|constexpr|inline|const|class|struct|union|enum|namespace|extern|final)/, " ", words)
  sub(/^ +/, "", words)
  gsub(/::/, "\\", words)
  sub(/ *:.*/, "", words)  # bases
  gsub(/\\/, "::", words)
  sub(/ .*/, "", words)
  return words
}

function opened(line) {
  sub(/^ +/, "", head)
  sub(/ +$/, "", head)
  sub(/^(public|private|protected): */, "", head)
  kind_now = kind_of(head)
  ++depth
  kind[depth] = kind_now
  begun[depth] = head_line ? head_line : line
  words_of[depth] = head
  parens_of[depth] = parens
  reason[depth] = 0
  unnamed[depth] = depth > 1 && unnamed[depth - 1]
  path[depth] = depth > 1 ? path[depth - 1] : ""
  if (kind_now == "n" || kind_now == "t") {
    own = name_of(head)
    if (own == "" && head ~ /namespace/) unnamed[depth] = 1
    if (own != "") path[depth] = path[depth] (path[depth] == "" ? "" : "::") own
    named[depth] = own
  }
  if (kind_now == "n" && depth == 1) fact("space", line, path[depth])
  head = ""
  head_line = 0
  parens = 0
}

function closed(line,   long) {
  if (!depth) return
  long = line - begun[depth] - 1
  if (kind[depth] == "f") fact("function", begun[depth], long "\t" reason[depth] "\t" words_of[depth])
  if (kind[depth] == "t" && named[depth] != "")
    fact("type", begun[depth], long "\t" reason[depth] "\t" (unnamed[depth] ? "" : path[depth]))
  head = kind[depth] == "b" ? words_of[depth] "{}" : ""
  head_line = kind[depth] == "b" ? begun[depth] : 0
  parens = parens_of[depth]
  --depth
}

function literal(line, text) {
  if (text ~ /[$]|tessera /) fact("text", line, text)
}

function read_code(line, code,   letter) {
  while (match(code, /[{}();]/)) {
    letter = substr(code, RSTART, 1)
    add_words(line, substr(code, 1, RSTART - 1))
    code = substr(code, RSTART + 1)
    if (letter == "{") opened(line)
    else if (letter == "}") closed(line)
    else if (letter == ";" && !parens) { head = ""; head_line = 0 }
    else {
      add_words(line, letter)
      if (letter == "(") ++parens
      if (letter == ")" && parens) --parens
    }
  }
  add_words(line, code)
  head = head " "
}

function add_words(line, words) {
  if (words ~ /^[ \t]*$/) { if (head != "" && words != "") head = head " "; return }
  if (!head_line) head_line = line
  head = head words
}

FNR == 1 {
  if (last != "") fact_lines()
  depth = parens = head_line = file_reason = 0
  head = raw = ""
  last = FILENAME
  if ($0 ~ /^\/\/ /) fact("begins", 1)
}
{ lines = FNR }

function fact_lines() { printf "lines\t%s\t%s\t%s\n", last, lines, file_reason }
END { if (last != "") fact_lines() }

raw != "" { # inside a raw string of several lines
  if (!(at = index($0, raw))) { literal(FNR, $0); next }
  literal(FNR, substr($0, 1, at - 1))
  $0 = "\"\"" substr($0, at + length(raw))
  raw = ""
}

/^[ \t]*#/ {
  if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"/) { split($0, quoted, "\""); fact("include", FNR, quoted[2]) }
  else if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*</) { split($0, quoted, /[<>]/); fact("part", FNR, quoted[2]) }
  else if ($0 == "#pragma once") fact("once", FNR)
  next
}

/^[ \t]*(public|private|protected):[ \t]*$/ { next }

{
  code = ""
  rest = $0
  comment = ""
  while (match(rest, /["']|\/\//)) {
    mark = substr(rest, RSTART, 1)
    before = substr(rest, 1, RSTART - 1)
    rest = substr(rest, RSTART)
    code = code before
    if (mark == "/") { comment = rest; rest = ""; break }
    if (mark == "'") {
      if (before ~ /[0-9a-fA-F]$/ && before !~ /[G-Zg-z_ ][a-fA-F]$/) rest = substr(rest, 2)  # 1'000
      else if (match(rest, /^'([^'\\]|\\.)*'/)) { code = code "0"; rest = substr(rest, RLENGTH + 1) }
      else rest = substr(rest, 2)
      continue
    }
    if (before ~ /R$/) {
      sub(/R$/, "", code)
      match(rest, /^"[^(]*\(/)
      raw = ")" substr(rest, 2, RLENGTH - 2) "\""
      rest = substr(rest, RLENGTH + 1)
      if (!(at = index(rest, raw))) { literal(FNR, rest); code = code "\"\""; rest = ""; break }
      literal(FNR, substr(rest, 1, at - 1))
      rest = substr(rest, at + length(raw))
      raw = ""
    } else if (match(rest, /^"([^"\\]|\\.)*"/)) {
      literal(FNR, substr(rest, 2, RLENGTH - 2))
      rest = substr(rest, RLENGTH + 1)
    } else rest = substr(rest, 2)
    code = code "\"\""
  }
  # Most lines hold neither: they cost one match.
  code = code rest
  if (code != "") read_code(FNR, code)
  if (comment ~ /\.[ch]pp/) {
    words = comment
    while (match(words, /[a-z_0-9\/]+\.[ch]pp/)) {
      fact("mention", FNR, substr(words, RSTART, RLENGTH))
      words = substr(words, RSTART + RLENGTH)
    }
  }
  if (comment ~ /\/\/ Large because / && !depth) fact("large", FNR)
  if (comment ~ /\/\/ Long because /) {
    for (level = depth; level && kind[level] != "f" && kind[level] != "t";) --level
    if (level) reason[level] = 1
    else file_reason = 1
  }
}
