// What helps, as data: a sentence, or a command with its arguments and a few words about it. A room says which verb or
// program helps and with what, never how that is written: the command line writes a line that runs as pasted, with the
// --store that the user gave (cli/advice.hpp), HTTP a text, a structured member and a link (core/remedy_json.hpp, server/remedies.hpp), a page a button.
//
//   fail("the record links identifiers it does not have", {}, try_command("doctor").note("see what is damaged"))
//   fail("day or month first?", place, try_again().option("--dates", "dmy").note("or mdy"))
//   fail("no such file", path, try_shell("ls").argument(folder))
//   fail("the disk is full", path, "free some room")
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tessera {

inline constexpr std::string_view kProgram = "tessera";

struct Advice {
  enum class Kind : uint8_t {
    Sentence,  // `note` is all there is
    Command,   // a verb of ours, on the record at hand
    Again,     // what was asked, with other options
    Shell,     // a program of the system
    Get,       // an address of the management API to look at
  };
  // A word, or an option with its value, behind the verb.
  struct Part {
    enum class Fit : uint8_t {
      Given,  // as it stands
      Blank,  // for the user to fill in: FILE
      Files,  // "folder/*.csv": every such file of the folder
      Raw,    // a piece of shell: "| head"
      Gone,   // of Again: the option is left out
    };
    std::string option;  // "--dates"; empty: an argument
    std::string value;   // empty with an option: a flag
    Fit fit = Fit::Given;
    bool operator==(const Part&) const = default;
  };

  Kind kind = Kind::Sentence;
  std::string words;  // "segments apply", "ls -l", "/api/v1/webhooks"
  std::vector<Part> parts;
  std::string store;  // another record than the one at hand
  std::string note;   // what the command is for, or what else would help
  bool operator==(const Advice&) const = default;
};

// One pointer, so that an Error stays small.
class Remedy {
 public:
  Remedy() = default;  // nothing helps
  Remedy(std::string sentence);
  Remedy(std::string_view sentence) : Remedy(std::string(sentence)) {}
  Remedy(const char* sentence) : Remedy(std::string(sentence)) {}
  explicit Remedy(Advice advice) : advice_(std::make_unique<Advice>(std::move(advice))) {}
  Remedy(const Remedy& other);
  Remedy(Remedy&&) noexcept = default;
  Remedy& operator=(Remedy other) noexcept {
    advice_ = std::move(other.advice_);
    return *this;
  }

  bool empty() const { return !advice_; }
  const Advice& advice() const;  // of an empty one: a sentence without words

  Remedy argument(std::string value) &&;
  Remedy arguments(const std::vector<std::string>& values) &&;
  Remedy option(std::string name, std::string value) &&;
  Remedy flag(std::string name) &&;
  Remedy blank(std::string name) &&;                            // an argument that the user fills in
  Remedy blank_option(std::string name, std::string value) &&;  // an option with something to fill in
  Remedy files(std::string folder, std::string_view ending) &&;
  Remedy raw(std::string piece) &&;
  Remedy without(std::string option) &&;
  Remedy on(std::string store) &&;
  Remedy note(std::string sentence) &&;

  // In one line; a note is a comment of the shell behind the command. `store`: as the user gave it, or empty. Of Again:
  // the options alone, as nothing is known here of what was asked.
  std::string text(std::string_view store = {}) const;
  std::string line(std::string_view store = {}) const;  // without the note; of a sentence: empty

 private:
  Remedy part(std::string option, std::string value, Advice::Part::Fit fit);
  std::unique_ptr<Advice> advice_;
};

Remedy try_command(std::string verb);     // "segments apply"
Remedy try_again();                       // what was asked, with an option more or another value of it
Remedy try_shell(std::string program);    // "ls -l"
Remedy try_get(std::string api_address);  // the note says what it shows: "lists them"

// The part as it stands in a line for a shell.
std::string shell_text(const Advice::Part& part);

}  // namespace tessera
