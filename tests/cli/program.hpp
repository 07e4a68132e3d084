// Runs the real binary as a user would, in a folder of its own, and keeps what it printed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tessera::cli {

struct Ran {
  int code = -1;
  std::string out, err;
};

class Workplace {
 public:
  Workplace();   // an empty folder
  ~Workplace();  // removed
  // One shell line in the folder; `tessera` is the binary under test. Standard input is empty. Whatever command of ours
  // is printed to go on with is pasted in a copy of the folder: it must be one, and help or say what else does.
  Ran sh(const std::string& line) const;
  void write(const std::string& name, std::string_view text) const;
  std::string read(const std::string& name) const;
  std::filesystem::path path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

// ../shared/data/NAME of the checkout; empty where it is absent.
std::string shared_data(const std::string& name);

}  // namespace tessera::cli
