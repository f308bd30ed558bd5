// ask PORT TEXT: prints, as its last line, the first message of the server at /ws with TEXT in it.
#include <cstdlib>
#include <exception>
#include <iostream>

#include "client.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    std::cout << ask(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2]) << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
