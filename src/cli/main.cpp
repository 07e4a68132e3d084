#include "cli/command.hpp"

int main(int argc, char** argv) {
  const tessera::SystemClock clock;
  return tessera::cli::run(argc, argv, clock);
}
