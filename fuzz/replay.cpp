// The main of a fuzzer outside libFuzzer: every file of the folders named is one input, tried whole and cut short at 16
// places. Fails where there is none, so that a replay of nothing cannot pass.
#include <cstdio>
#include <fstream>
#include <iterator>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int main(int argc, char** argv) {
  size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i], error)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      fmt::print("{}\n", entry.path().string());
      std::fflush(stdout);  // named before it is tried, for the case that it ends the process
      for (size_t part = 0; part <= 16; ++part) {
        // A copy of exactly this size, so that the address sanitizer sees a read past its end.
        const std::vector<uint8_t> input(text.begin(),
                                         text.begin() + static_cast<std::ptrdiff_t>(text.size() * part / 16));
        LLVMFuzzerTestOneInput(input.data(), input.size());
      }
      ++inputs;
    }
  }
  if (inputs == 0) fmt::print(stderr, "no input to replay; usage: NAME_fuzz CORPUS_FOLDER...\n");
  return inputs == 0;
}
