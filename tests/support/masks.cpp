// Alone in its file: a program that links another one (rfc/turned.cpp) does not take this one out
// of the library.
#include "test_client.h"

namespace triloop::testing {

bool frames_are_masked() { return true; }

}  // namespace triloop::testing
