#include "websocket/printable.h"

#include <string>

#include "support/catch.h"

namespace triloop {
namespace {

TEST_CASE("what is harmless is printed as it is", "[printable]") {
  CHECK(printable("Hello, world! ~") == "Hello, world! ~");
  CHECK(printable("gr\xC3\xBC\xC3\x9F dich \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x99\x82") ==
        "gr\xC3\xBC\xC3\x9F dich \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x99\x82");
}

TEST_CASE("nothing that steers a terminal gets through", "[printable]") {
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("a\nb\r\tc") == "a\\x0ab\\x0d\\x09c");
  CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\u009b31m");                           // C1: CSI in one character
  CHECK(printable("\xE2\x80\xAE") == "\\u202e");                     // right-to-left override
  CHECK(printable("\xE2\x80\x8B\xEF\xBB\xBF") == "\\u200b\\ufeff");  // zero width
  CHECK(printable("a\xC2\xAD\xD8\x9C") == "a\\u00ad\\u061c");        // soft hyphen, Arabic mark
  CHECK(printable("\xF3\xA0\x81\x81") == "\\ue0041");                // an invisible tag
}

TEST_CASE("the escape itself is escaped", "[printable]") { CHECK(printable("\\x1b") == "\\\\x1b"); }

TEST_CASE("bytes that are not UTF-8 are shown one by one", "[printable]") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xC0\xAF") == "\\xc0\\xaf");                    // overlong
  CHECK(printable("\xE0\x80\xAF") == "\\xe0\\x80\\xaf");           // overlong
  CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(printable("\xF4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(printable("\xE4\xBD") == "\\xe4\\xbd");                    // cut off
  CHECK(printable("\x80") == "\\x80");
}

TEST_CASE("a long text is cut between characters and says how much is missing", "[printable]") {
  CHECK(printable("abcdef", 3) == "abc... (3 bytes more)");
  CHECK(printable("abc", 3) == "abc");
  CHECK(printable("ab\xE4\xBD\xA0", 3) == "ab... (3 bytes more)");
  CHECK(printable("", 0).empty());
}

}  // namespace
}  // namespace triloop
