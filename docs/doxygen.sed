# What Doxygen is shown of a header, so that the header itself need say nothing to it.

# The comment at the top is about the file. One line more and one less: warnings keep their numbers.
1s|^/// |/// \\file\n&|
/^#pragma once$/d

# What is not for users. The part that is headed so ends with the namespace.
/^ *\/\/ -- For triloop itself -/,/^\}  \/\/ namespace/ {
  /^\}/!s/.*//
}
/^#define TRILOOP_[^V]/s/.*//
# Nor who may look inside.
s/^ *friend [^{]*;//

# Doxygen takes the ' of 10'000 for a quotation mark, and misreads the comment that follows.
s/([0-9])'([0-9])/\1\2/g

# What one looks for in the comment of a class.
s/^( *\/\/\/) (Lifetime|Thread safety): /\1 **\2:** /

# The version has one place, and that is not this header.
s/^(#define TRILOOP_VERSION[A-Z_]*) [^ ]+/\1/
s/: "@PROJECT_VERSION@"\.$/./

# A page of the documentation that is not in the reference.
s/\[([^]]+)\]\([^)]+\.md[^)]*\)/\1/g
