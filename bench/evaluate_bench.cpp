// Batch evaluation of 5, 20 and 100 segments over millions of events of a million customers, against ClickHouse and
// DuckDB answering the same with one query each. Three mixes: counts and sums; recency and windows; negation, since,
// segment in segment and decaying scores. Members must agree one by one (their number and the sum of their indices).
//
// The peers get the friendliest table: events sorted by customer and time, kinds and categories as small integers,
// money and time as 64-bit integers. The queries they run are in bench/sql (evaluate_bench --write-sql DIR makes them).
// The ratio of processor time beside that of the clock tells how much of the latter is the machine's other work.
// --smoke: small. --million N: only N million events. --mix NAME: only that mix. --segments N: only so many segments.
// --ours: without the peers. --repeats N: more runs, for a profiler.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <set>

#include <unistd.h>

#include "bench/bench.hpp"
#include "bench/peer/sql.hpp"
#include "core/random.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "profiles/history.hpp"
#include "segment/decay.hpp"
#include "segment/evaluate.hpp"

namespace {

using namespace tessera;
using namespace tessera::bench;

constexpr Instant kNow{1'772'323'200'000};  // 2026-03-01
constexpr int64_t kDays = 730;
constexpr std::string_view kEvents[] = {"Email Opened", "Order Completed", "Product Added", "Product Viewed"};
enum Event : uint8_t { Email, Order, Added, Viewed };
constexpr int kCategories = 20;

struct Data {
  profiles::History history;
  std::string file;  // the same rows, ClickHouse's RowBinary
};

// Deterministic: the rows depend on the sizes alone. Each customer has at least one event; no two at the same time.
Data generate(size_t customers, size_t events, const std::string& file) {
  Data data{.file = file};
  auto& history = data.history;
  Rng rng(20260301);
  std::ofstream out(file, std::ios::binary);
  std::string buffer;
  const auto write = [&](const auto& value) { buffer.append(reinterpret_cast<const char*>(&value), sizeof value); };
  std::vector<profiles::TextId> categories;
  for (int k = 0; k < kCategories; ++k) categories.push_back(history.dictionary.intern(fmt::format("category {}", k)));
  for (const std::string_view name : kEvents) {
    auto& stream = history.streams.emplace_back();
    stream.event = name;
    stream.first.push_back(0);
    stream.columns.push_back({.property = "category", .type = profiles::PropertyType::Text});
    stream.columns.push_back({.property = "total", .type = profiles::PropertyType::Number});
  }
  const double mean = static_cast<double>(events) / static_cast<double>(customers);
  size_t made = 0;
  std::vector<int64_t> times;
  for (size_t c = 0; c < customers; ++c) {
    history.customer.push_back(fmt::format("{:08}", c));
    // Heavy tail: most have few events, some have many.
    const auto count = static_cast<size_t>(1 + rng.exponential(mean - 1) * (rng.chance(0.1) ? 4 : 0.667));
    times.clear();
    const int64_t active = rng.between(1, kDays);  // days since when they are around
    for (size_t i = 0; i < count; ++i) times.push_back(kNow.ms - rng.between(0, active * kDay.ms - 1));
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    for (const int64_t ms : times) {
      const double kind = rng.uniform();
      const Event event = kind < 0.15 ? Order : kind < 0.35 ? Added : kind < 0.45 ? Email : Viewed;
      const auto category = static_cast<uint8_t>(rng.below(kCategories));
      const int64_t total = event == Order ? rng.between(100, 20'000) * 10'000 : 0;
      auto& stream = history.streams[event];
      stream.time.push_back({ms});
      stream.seq.push_back(static_cast<profiles::Seq>(made++));
      stream.columns[0].texts.push_back(categories[category]);
      if (event == Order) stream.columns[1].numbers.push_back(total);
      write(static_cast<uint32_t>(c));
      write(static_cast<uint8_t>(event));
      write(category);
      write(ms);
      write(total);
    }
    for (auto& stream : history.streams) stream.first.push_back(static_cast<uint32_t>(stream.rows()));
    if (buffer.size() > (1 << 22)) {
      out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      buffer.clear();
    }
  }
  out.write(buffer.data(), static_cast<std::streamsize>(buffer.size()));
  for (auto& stream : history.streams) {
    if (stream.event != kEvents[Order]) stream.columns.pop_back();
    stream.time.shrink_to_fit();
    stream.seq.shrink_to_fit();
    for (auto& column : stream.columns) {
      column.texts.shrink_to_fit();
      column.numbers.shrink_to_fit();
    }
  }
  return data;
}

// --- the segments, said twice

struct Mix {
  std::string language;              // definitions
  std::vector<std::string> columns;  // SQL of each per-customer aggregate, `? AS name`
  std::vector<std::string> members;  // SQL conditions over those
};

enum class Dialect { ClickHouse, DuckDb };

class Writer {
 public:
  Writer(Dialect dialect, Rng rng) : dialect_(dialect), rng_(rng) {}

  Mix write(const std::string& name, int segments) {
    for (int i = 0; i < segments; ++i) {
      if (name == "counts and sums")
        counts(i);
      else if (name == "recency and windows")
        recency(i);
      else
        since_and_scores(i);
    }
    return std::move(mix_);
  }

 private:
  static constexpr int kWindows[] = {1, 3, 7, 14, 30, 60, 90, 180, 365};
  int window() { return kWindows[rng_.below(std::size(kWindows))]; }
  Event event() { return static_cast<Event>(rng_.below(4)); }

  std::string column(const std::string& name, const std::string& sql) {
    if (known_.insert(name).second) mix_.columns.push_back(sql + " AS " + name);
    return name;
  }
  std::string filtered(const std::string& function, const std::string& what, const std::string& condition) {
    if (dialect_ == Dialect::DuckDb) return fmt::format("{}({}) FILTER (WHERE {})", function, what, condition);
    return what.empty() || what == "*" ? fmt::format("{}If({})", function, condition)
                                       : fmt::format("{}If({}, {})", function, what, condition);
  }
  static std::string in_window(Event event, int days) {
    return fmt::format("event = {} AND time > {} AND time <= {}", int(event), kNow.ms - days * kDay.ms, kNow.ms);
  }
  std::string count(Event event, int days) {
    return column(fmt::format("count_{}_{}", int(event), days), filtered("count", "*", in_window(event, days)));
  }
  std::string sum(int days) {
    const std::string sql = filtered("sum", "total", in_window(Order, days));
    return column(fmt::format("sum_{}", days), dialect_ == Dialect::DuckDb ? "coalesce(" + sql + ", 0)" : sql);
  }
  std::string last(Event event) {  // 0 where there is none
    const std::string sql = filtered("max", "time", fmt::format("event = {} AND time <= {}", int(event), kNow.ms));
    return column(fmt::format("last_{}", int(event)), dialect_ == Dialect::DuckDb ? "coalesce(" + sql + ", 0)" : sql);
  }
  void segment(int i, const std::string& language, const std::string& sql) {
    mix_.language += fmt::format("segment \"S{}\" = {}\n", i, language);
    mix_.members.push_back(sql);
  }

  void counts(int i) {
    const Event e = event();
    const int days = window(), money = window(), k = static_cast<int>(rng_.between(1, 6));
    const int64_t amount = rng_.between(1, 60) * 10;
    segment(i,
            fmt::format("count(\"{}\", last {} days) >= {} and sum(\"Order Completed\".total, last {} days) > {}",
                        kEvents[e], days, k, money, amount),
            fmt::format("{} >= {} AND {} > {}", count(e, days), k, sum(money), amount * Number::kOne));
  }

  void recency(int i) {
    const Event e = event(), seen = event();
    const int days = window(), since = window(), k = static_cast<int>(rng_.between(1, 4));
    if (i % 2 == 0) {
      segment(i,
              fmt::format("last \"{}\" more than {} days ago and at least {} \"{}\" in the last {} days", kEvents[e],
                          since, k, kEvents[seen], days),
              fmt::format("{0} > 0 AND {0} < {1} AND {2} >= {3}", last(e), kNow.ms - since * kDay.ms, count(seen, days),
                          k));
    } else {
      segment(i,
              fmt::format("last \"{}\" between 2 hours and {} days ago and at most {} \"{}\" in the last {} days",
                          kEvents[e], since, k, kEvents[seen], days),
              fmt::format("{0} <= {1} AND {0} > {2} AND {3} <= {4}", last(e), kNow.ms - 2 * kHour.ms,
                          kNow.ms - since * kDay.ms, count(seen, days), k));
    }
  }

  // 2 * viewed + 10 * added + 25 * orders, halved every so many days, exactly as docs/language.md defines it.
  std::string score(int half_life) {
    const std::string name = fmt::format("score_{}", half_life);
    if (!known_.contains(name))
      mix_.language += fmt::format(
          "score {} = 2 * \"Product Viewed\" + 10 * \"Product Added\" + 25 * \"Order Completed\" half-life {} days\n",
          name, half_life);
    const std::string steps = fmt::format("({} - time) * 1024 // {}", kNow.ms, half_life * kDay.ms);
    const std::string weight = "CASE event WHEN 1 THEN 25 WHEN 2 THEN 10 WHEN 3 THEN 2 ELSE 0 END";
    const std::string recent = fmt::format("time <= {} AND time > {}", kNow.ms, kNow.ms - 33 * half_life * kDay.ms);
    if (dialect_ == Dialect::DuckDb)
      return column(
          name, fmt::format("coalesce(sum({0} * (decay[({1}) % 1024 + 1] >> (({1}) // 1024))) FILTER (WHERE {2}), 0)",
                            weight, steps, recent));
    const std::string whole = fmt::format("intDiv(({} - time) * 1024, {})", kNow.ms, half_life * kDay.ms);
    return column(name,
                  fmt::format("sumIf(transform(event, [1, 2, 3], [25, 10, 2], 0) * bitShiftRight(decay[{0} % 1024 + "
                              "1], intDiv({0}, 1024)), {1})",
                              whole, recent));
  }

  void since_and_scores(int i) {
    const Event e = event();
    const int days = window();
    switch (i % 5) {
      case 0: {
        const int half_life = 3 << rng_.below(3);
        const auto least = rng_.between(1, 60);
        segment(i, (score(half_life), fmt::format("score_{} at least {}", half_life, least)),
                fmt::format("{} >= {}", score(half_life), least * segment::kDecayOne));
        return;
      }
      case 1:
      case 2:
        segment(i,
                fmt::format("last \"Product Added\" between 2 hours and {} days ago and no \"{}\" since then", days,
                            kEvents[e]),
                fmt::format("{0} <= {1} AND {0} > {2} AND {3} <= {0}", last(Added), kNow.ms - 2 * kHour.ms,
                            kNow.ms - days * kDay.ms, last(e)));
        return;
      case 3:
        segment(
            i,
            fmt::format("not (at least 1 \"{}\" in the last {} days or last \"Product Viewed\" more than {} days ago)",
                        kEvents[e], days, days),
            fmt::format("{0} < 1 AND {1} >= {2}", count(e, days), last(Viewed), kNow.ms - days * kDay.ms));
        return;
      default: {
        // Not in the one before, but in the one before that.
        const std::string no = mix_.members[mix_.members.size() - 1], yes = mix_.members[mix_.members.size() - 2];
        segment(i, fmt::format("in segment \"S{}\" and not in segment \"S{}\"", i - 2, i - 1),
                fmt::format("({}) AND NOT ({})", yes, no));
      }
    }
  }

  Dialect dialect_;
  Rng rng_;
  Mix mix_;
  std::set<std::string> known_;
};

// One query: a row of the members' numbers, or (checksum) of the sums of their indices.
std::string query_of(const Mix& mix, Dialect dialect, bool checksum) {
  std::string outer, inner;
  for (const std::string& member : mix.members) {
    if (!outer.empty()) outer += ",\n  ";
    if (dialect == Dialect::DuckDb)
      outer += fmt::format("{} FILTER (WHERE {})", checksum ? "sum(customer)" : "count(*)", member);
    else
      outer += checksum ? fmt::format("sumIf(customer, {})", member) : fmt::format("countIf({})", member);
  }
  for (const std::string& column : mix.columns) inner += ",\n    " + column;
  std::string with;
  if (inner.find("decay[") != std::string::npos) {
    for (const uint64_t entry : segment::decay_table()) with += (with.empty() ? "" : ",") + std::to_string(entry);
    if (dialect == Dialect::ClickHouse)
      with = "WITH [" + with + "] AS decay\n";
    else {
      // DuckDB indexes a constant list quickest when it is a macro-free literal.
      const std::string list = "[" + with + "]::BIGINT[]";
      for (size_t at = 0; (at = inner.find("decay[", at)) != std::string::npos; at += list.size())
        inner.replace(at, 5, "(" + list + ")");
      with.clear();
    }
  }
  return fmt::format("{}SELECT\n  {}\nFROM (\n  SELECT customer{}\n  FROM events\n  GROUP BY customer\n)", with, outer,
                     inner);
}

// --- running

struct Answer {
  std::vector<std::string> counts, sums;
  bool operator==(const Answer&) const = default;
};

// One row of numbers; nothing (a sum over nobody) is 0.
std::vector<std::string> cells_of(std::string row) {
  while (row.ends_with('\n')) row.pop_back();
  std::vector<std::string> cells{""};
  for (const char c : row) c == ',' ? cells.emplace_back() : cells.back() += c;
  for (std::string& cell : cells)
    if (cell.empty() || cell == "\\N") cell = "0";
  return cells;
}

struct Measured {
  double seconds = 0, cpu = 0;  // of the fastest run; of the run that cost least, over all threads
  Answer answer;
};

double cpu_now() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void measure(Measured& out, int repeats, const std::function<void()>& run) {
  out.cpu = 1e9;
  out.seconds = best_seconds(repeats, [&] {
    const double began = cpu_now();
    run();
    out.cpu = std::min(out.cpu, cpu_now() - began);
  });
}

Measured ours(const profiles::History& history, const std::string& language, int repeats) {
  const auto parsed = language::parse_definitions(language);
  if (!parsed.ok()) {
    fmt::print(stderr, "{}\n", language::render(parsed.diagnostics, language));
    std::exit(1);
  }
  const auto checked = language::check(parsed.definitions, language::Schema{});
  const auto plan = segment::compile(checked.program);
  Measured out;
  segment::Evaluation last;
  // Binding is part of the answer: a query plans too.
  measure(out, repeats, [&] {
    const auto bound = segment::Bound::bind(*plan, history);
    last = segment::evaluate_all(*bound, kNow, kNever);
  });
  for (size_t s = 0; s < last.members.size(); ++s) {
    uint64_t sum = 0;
    for (size_t c = 0; c < history.customers(); ++c) sum += last.is_member(s, c) ? c : 0;
    out.answer.counts.push_back(std::to_string(last.count(s)));
    out.answer.sums.push_back(std::to_string(sum));
  }
  return out;
}

Measured theirs(SqlPeer& peer, const Mix& mix, Dialect dialect, int repeats) {
  Measured out;
  const auto run = [&](bool checksum) {
    auto rows = peer.query(query_of(mix, dialect, checksum));
    if (!rows) {
      fmt::print(stderr, "{}: {}\n", peer.name(), rows.error().message);
      std::exit(1);
    }
    return cells_of(*rows);
  };
  out.answer.sums = run(true);
  measure(out, repeats, [&] { out.answer.counts = run(false); });
  return out;
}

void must(Result<std::string> result) {
  if (result) return;
  fmt::print(stderr, "{}\n", result.error().text());
  std::exit(1);
}

constexpr const char* kMixes[] = {"counts and sums", "recency and windows", "since, negation, scores"};
constexpr int kSegments[] = {5, 20, 100};

std::string file_name(std::string mix) {
  std::replace_if(mix.begin(), mix.end(), [](char c) { return c == ' ' || c == ','; }, '_');
  return mix;
}

void write_sql(const std::string& folder) {
  for (const char* name : kMixes)
    for (const int segments : kSegments)
      for (const Dialect dialect : {Dialect::ClickHouse, Dialect::DuckDb}) {
        const Mix mix = Writer(dialect, Rng(7)).write(name, segments);
        const bool clickhouse = dialect == Dialect::ClickHouse;
        std::string sql = query_of(mix, dialect, false);
        std::ofstream(
            fmt::format("{}/{}.{}.{}.sql", folder, file_name(name), segments, clickhouse ? "clickhouse" : "duckdb"))
            << sql << "\n";
        if (clickhouse) std::ofstream(fmt::format("{}/{}.{}.tsl", folder, file_name(name), segments)) << mix.language;
      }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  const auto value_of = [&](const std::string& flag) -> std::optional<std::string> {
    const auto found = std::find(options.rest.begin(), options.rest.end(), flag);
    if (found == options.rest.end()) return std::nullopt;
    return std::next(found) == options.rest.end() ? "" : *std::next(found);
  };
  if (const auto folder = value_of("--write-sql")) {
    write_sql(*folder);
    return 0;
  }
  const bool alone = value_of("--ours").has_value();
  const size_t customers = options.smoke ? 20'000 : 1'000'000;
  std::vector<double> millions = options.smoke ? std::vector{0.05, 0.1, 0.2} : std::vector{2.0, 6.0, 20.0};
  if (const auto million = value_of("--million")) millions = {std::stod(*million)};
  int repeats = options.smoke ? 1 : 3;
  if (const auto given = value_of("--repeats")) repeats = std::stoi(*given);
  bool same = true;
  Table table({"mix", "segments", "million events", "Tessera s", "CPU s", "ClickHouse s", "DuckDB s", "x ClickHouse",
               "x DuckDB", "CPU x ClickHouse", "CPU x DuckDB", "ns an event", "growth"});
  Table memory({"million events", "customers", "bytes an event", "bytes an event and customer id"});
  std::map<std::pair<std::string, int>, std::vector<double>> costs;
  std::unique_ptr<SqlPeer> chdb, duckdb;
  const std::string base =
      fmt::format("{}/tessera_evaluate_bench_{}", std::filesystem::temp_directory_path().string(), ::getpid());
  for (const double million : millions) {
    const Data data = generate(customers, static_cast<size_t>(million * 1e6), base + ".bin");
    const auto events = static_cast<double>(data.history.events());
    size_t ids = data.history.customer.capacity() * sizeof(std::string);
    memory.add({fmt::format("{:.1f}", events / 1e6), std::to_string(customers),
                fmt::format("{:.1f}", static_cast<double>(data.history.bytes() - ids) / events),
                fmt::format("{:.1f}", static_cast<double>(data.history.bytes()) / events)});
    if (!alone) {
      if (!chdb) {
        auto opened = open_chdb(base + ".chdb");
        if (!opened) {
          fmt::print(stderr, "{}\n", opened.error().text());
          return 1;
        }
        chdb = std::move(*opened);
      }
      must(chdb->query("DROP TABLE IF EXISTS events"));
      must(chdb->query(
          "CREATE TABLE events (customer UInt32, event UInt8, category UInt8, time Int64, total Int64) ENGINE = "
          "MergeTree ORDER BY (customer, time)"));
      must(chdb->query(
          fmt::format("INSERT INTO events SELECT * FROM file('{}', 'RowBinary', 'customer UInt32, event UInt8, "
                      "category UInt8, time Int64, total Int64')",
                      data.file)));
      must(chdb->query("OPTIMIZE TABLE events FINAL"));
      must(chdb->query(fmt::format(
          "SELECT * FROM events ORDER BY customer, time INTO OUTFILE '{}.parquet' TRUNCATE FORMAT Parquet", base)));
      auto opened = open_duckdb();
      if (!opened) return 1;
      duckdb = std::move(*opened);
      must(duckdb->query(
          fmt::format("CREATE TABLE events AS SELECT customer, event, category, time, total FROM '{}.parquet'", base)));
    }
    const auto only = value_of("--mix"), only_segments = value_of("--segments");
    for (const char* name : kMixes) {
      if (only && *only != name) continue;
      for (const int segments : kSegments) {
        if (only_segments && std::stoi(*only_segments) != segments) continue;
        const Mix clickhouse = Writer(Dialect::ClickHouse, Rng(7)).write(name, segments);
        const Mix duck = Writer(Dialect::DuckDb, Rng(7)).write(name, segments);
        const Measured mine = ours(data.history, clickhouse.language, repeats + 4);
        auto& cost = costs[{name, segments}];
        cost.push_back(mine.seconds);
        std::vector<std::string> cells{name, std::to_string(segments), fmt::format("{:.1f}", events / 1e6),
                                       fmt::format("{:.4f}", mine.seconds), fmt::format("{:.4f}", mine.cpu)};
        if (alone) {
          cells.insert(cells.end(), 6, "");
        } else {
          const Measured house = theirs(*chdb, clickhouse, Dialect::ClickHouse, repeats),
                         duckling = theirs(*duckdb, duck, Dialect::DuckDb, repeats);
          for (const auto* peer : {&house, &duckling})
            if (peer->answer != mine.answer) {
              same = false;
              for (size_t s = 0; s < mine.answer.counts.size(); ++s)
                if (s >= peer->answer.counts.size() || s >= peer->answer.sums.size() ||
                    peer->answer.counts[s] != mine.answer.counts[s] || peer->answer.sums[s] != mine.answer.sums[s])
                  fmt::print(stderr, "{} of {}: S{} differs: {} members here, {} in {}\n", name, segments, s,
                             mine.answer.counts[s], s < peer->answer.counts.size() ? peer->answer.counts[s] : "nothing",
                             peer == &house ? "ClickHouse" : "DuckDB");
            }
          cells.push_back(fmt::format("{:.3f}", house.seconds));
          cells.push_back(fmt::format("{:.3f}", duckling.seconds));
          cells.push_back(fmt::format("{:.1f}", house.seconds / mine.seconds));
          cells.push_back(fmt::format("{:.1f}", duckling.seconds / mine.seconds));
          cells.push_back(fmt::format("{:.1f}", house.cpu / mine.cpu));
          cells.push_back(fmt::format("{:.1f}", duckling.cpu / mine.cpu));
        }
        cells.push_back(fmt::format("{:.2f}", mine.seconds * 1e9 / events));
        cells.push_back(
            cost.size() == millions.size() && cost.size() > 1 ? fmt::format("{:.2f}", growth(millions, cost)) : "");
        table.add(std::move(cells));
      }
    }
    std::filesystem::remove(data.file);
    std::filesystem::remove(base + ".parquet");
  }
  chdb.reset();
  std::filesystem::remove_all(base + ".chdb");
  table.print(
      fmt::format("All members of N segments over {} customers, best of {} runs, {} cores", customers, repeats, 2));
  memory.print("Memory of the history");
  return same ? 0 : 1;
}
