// The command line as a table: each command is a row (path, summary, options, function). The parser, --help, the golden
// list in tests/cli and docs/cli.md are made from the table; a command's function sees only Arguments and Context.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/world.hpp"
#include "core/progress.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "privacy/scopes.hpp"
#include "workspace/moment.hpp"

namespace tessera::cli {

using privacy::Needs;

enum class Takes : uint8_t { Flag, One, Many };

// What a value is to a server far away: its own disk is not the user's.
enum class Means : uint8_t {
  Itself,
  Input,    // a file that is read: sent along
  Output,   // a file that is written: sent back
  Folder,   // a folder that files are written to: sent back
  NewFile,  // as Output, and it must not exist
};

// What of a value stands in a server's audit: that it was given, itself, or the pseudonym of the customer it names.
enum class Noted : uint8_t { Given, Itself, Customer };

struct Option {
  std::string_view name;   // "--preset", "-e,--expression", or "FILE" for a positional argument
  std::string_view value;  // what stands for the value in --help: "NAME"; empty for a flag
  std::string_view help;
  Takes takes = Takes::One;
  bool required = false;
  Means means = Means::Itself;
  std::string_view otherwise = {};  // the default in words, where `help` does not say it
  Needs needs = Needs::Any;         // of who gives it to a server, beside what the command needs
  Noted noted = Noted::Given;       // in a server's audit
};
// The help with what it is otherwise.
std::string help_of(const Option& option);

// What was given. Names without dashes, the long one: "as-of", "expression", "FILE".
class Arguments {
 public:
  Arguments() = default;
  Arguments(std::string name, std::string value) { add(std::move(name), std::move(value)); }
  void add(std::string name, std::string value) { given_.emplace_back(std::move(name), std::move(value)); }
  // Where nothing was given by a name, what these say.
  void put_under(const Arguments& defaults) {
    given_.insert(given_.begin(), defaults.given_.begin(), defaults.given_.end());
  }
  bool has(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  // Errors are of usage and name the option.
  Result<std::optional<int64_t>> whole(std::string_view name, int64_t least, int64_t most) const;
  Result<std::optional<Instant>> instant(std::string_view name) const;
  Result<std::optional<Duration>> duration(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> given_;
};

enum class Format : uint8_t { Text, Json, Csv };

// How a command was called. What it touches is in the world alone.
struct Context {
  std::string store;        // path of the record, or a server's address: for messages
  std::string given_store;  // the same as the user gave it; empty: not given
  Format format = Format::Text;
  std::optional<Instant> as_of, known_at;
  workspace::LookFrom look_from = workspace::LookFrom::Usual;  // where no as_of is given
  std::optional<uint64_t> seed;
  const Clock& clock;
  Progress& progress;
  World& world;
  bool interactive = false;  // standard input and error are a terminal
  std::string token;         // of a server's management API
  privacy::Caller caller{.who = "cli", .address = {}, .may = privacy::Scopes::all()};

  // Standard output: results. Standard error: notes. A line feed is added where none is at the end.
  void print(std::string_view text) const;
  void note(std::string_view text) const;
  // As text: for people "61,234", and "2026-02-26T10:00:00Z (3 days ago)"; for programs without either.
  std::string shown(uint64_t count) const;
  std::string shown(Instant at) const;
  // A command to go on with, as it is pasted.
  std::string line(const Remedy& remedy) const { return remedy.text(given_store); }
};

// What `--store http://...` means to a command. A test asks every row, so that none is forgotten.
enum class Remote : uint8_t {
  Unsaid,
  There,   // it runs in the server, on the server's record
  Itself,  // it runs here, and speaks with the server
  Never,   // there is no record in it, or it is about files here: `why` says it
};

// Whether the command's answer is one of an instant: --as-of, and where nobody says, as workspace/moment.hpp does.
enum class Looks : uint8_t { Nowhere, FromAnInstant };

// A row of the table. Its file under commands/ gives its rows to commands.cpp as NAME_rows().
struct Command {
  std::string_view path;     // "segments count"
  std::string_view summary;  // one line
  std::span<const Option> options;
  Result<int> (*run)(const Context&, const Arguments&);
  Remote remote = Remote::Unsaid;
  Needs needs = Needs::Admin;  // of who has a server run it; who has the file needs nothing
  std::string_view why_never = {};
  Looks looks = Looks::Nowhere;
};

// All commands, in the order of --help.
std::span<const Command> commands();
// What a server asks of the caller for the command with these options: all of them.
std::vector<Needs> needs_of(const Command& command, const Arguments& given);

// Options that every command understands.
std::span<const Option> common_options();

// docs/cli.md: every command with its options, from the table.
std::string manual();

// Parses, runs, reports. Returns the exit code: 0 done, 1 the world failed, 2 wrong usage.
int run(int argc, const char* const* argv, const Clock& clock);

}  // namespace tessera::cli
