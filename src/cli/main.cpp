#include <sys/stat.h>

#include "cli/command.hpp"

int main(int argc, char** argv) {
  // A record, what lies beside it and what is made of it has people in it: files are their owner's alone, by whatever
  // library they are made and whatever the user's umask allows.
  umask(S_IRWXG | S_IRWXO);
  const tessera::SystemClock clock;
  return tessera::cli::run(argc, argv, clock);
}
