// Hands argv to the command line; nothing else.
#include "cli/cli.h"

int main(int argc, char** argv) { return zest::cli::run(argc, argv); }
