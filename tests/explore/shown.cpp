#include "shown.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <stdexcept>

#include "patched_sources.h"
#include "shown_sources.h"

namespace explore {
namespace {

using Lines = std::vector<SourceLine>;

// Between two lines, neither of which is part of it.
Lines between(const Lines& lines, const std::string& first, const std::string& last) {
  const auto is = [](const std::string& text) {
    return [text](const SourceLine& line) { return line.text == text; };
  };
  const auto begin = std::find_if(lines.begin(), lines.end(), is(first));
  const auto end = std::find_if(begin, lines.end(), is(last));
  if (end == lines.end()) throw std::logic_error("no '" + first + "'");
  return Lines(begin + 1, end);
}

struct Member {
  std::string name;  // empty: none, a line that is empty or a comment
  Lines lines;
};

// Functions and data members, indented by two. A function ends with its brace.
std::vector<Member> members_of(const Lines& lines) {
  static const std::regex name(R"((\w+)(\(.*|\{.*|;.*| = .*|, .*)$)");
  std::vector<Member> members;
  bool inside = false;
  for (const SourceLine& line : lines) {
    if (!inside) {
      std::smatch found;
      const bool named = std::regex_search(line.text, found, name);
      members.push_back({named ? found[1].str() : "", {}});
      inside = line.text.rfind("  ", 0) == 0 && line.text.back() == '{';
    }
    members.back().lines.push_back(line);
    if (line.text == "  }") inside = false;
  }
  return members;
}

Lines all_lines(const std::vector<Member>& members) {
  Lines lines;
  for (const Member& member : members) {
    lines.insert(lines.end(), member.lines.begin(), member.lines.end());
  }
  return lines;
}

auto member_called(std::vector<Member>& members, const std::string& name) {
  return std::find_if(members.begin(), members.end(),
                      [&](const Member& member) { return member.name == name; });
}

bool calls_take(const Lines& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const SourceLine& line) {
    return line.text.find("take()") != std::string::npos;
  });
}

// A function of its own, in the right one as in the wrong one, where the wrong one has one.
void take_by_function(std::vector<Member>& members, const Lines& file) {
  Lines take = {{0, "  int take() {", false}};
  const Lines body = between(file, take.front().text, "  }");
  take.front().number = body.front().number - 1;
  take.insert(take.end(), body.begin(), body.end());
  take.push_back({body.back().number + 1, "  }", false});
  Lines& pop = member_called(members, "pop")->lines;
  const auto same = [](const SourceLine& a, const SourceLine& b) { return a.text == b.text; };
  const auto found = std::search(pop.begin(), pop.end(), body.begin() + 1, body.end(), same);
  if (found == pop.end()) throw std::logic_error("pop() has not what take() has");
  *found = {0, "    return take();", false};
  pop.erase(found + 1, found + (body.end() - body.begin() - 1));
  const auto close = member_called(members, "close");
  members.insert(close, {{"take", std::move(take)}, {"", {{0, "", false}}}});
}

void replace_or_add(std::vector<Member>& members, const Member& changed) {
  const auto known = member_called(members, changed.name);
  if (known != members.end()) {
    known->lines = changed.lines;
  } else {
    members.insert(members.end() - 1, changed);
  }
}

// How many lines from here on both have in common, for each pair of places.
std::vector<std::vector<int>> common(const Lines& a, const Lines& b) {
  std::vector<std::vector<int>> longest(a.size() + 1, std::vector<int>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      longest[i][j] = a[i].text == b[j].text ? longest[i + 1][j + 1] + 1
                                             : std::max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  return longest;
}

std::optional<std::string_view> find_source(const std::string& file) {
  for (const auto& [name, text] : triloop::embedded::kShownSources) {
    if (name == file) return text;
  }
  for (const auto& [name, text] : triloop::embedded::kPatchedSources) {
    if (name == file) return text;
  }
  return std::nullopt;
}

}  // namespace

std::string_view source_text(const std::string& file) {
  if (const auto text = find_source(file)) return *text;
  throw std::invalid_argument("no source of this name");
}

bool has_source(const std::string& file) { return find_source(file).has_value(); }

Source whole_source(const std::string& file) { return source_of(file, source_text(file)); }

Source class_of(const std::string& file, std::string_view text, const std::string& name) {
  const Lines lines = source_of(file, text).lines;
  const auto begin = std::find_if(lines.begin(), lines.end(), [&](const SourceLine& line) {
    return line.text == "class " + name + " {";
  });
  const auto end =
      std::find_if(begin, lines.end(), [](const SourceLine& line) { return line.text == "};"; });
  if (end == lines.end()) throw std::logic_error("no class " + name + " in " + file);
  const bool is_template = (begin - 1)->text.rfind("template", 0) == 0;
  return {file, Lines(begin - (is_template ? 1 : 0), end + 1)};
}

Source part_of(const std::string& file, const std::string& name) {
  return {file, between(whole_source(file).lines, "// [" + name + "]", "// [end]")};
}

void compare(Level& level, const Source& right) {
  Lines& played = level.sources.front().lines;
  const std::vector<std::vector<int>> longest = common(played, right.lines);
  bool open = false;
  for (std::size_t i = 0, j = 0; i < played.size() || j < right.lines.size();) {
    if (i < played.size() && j < right.lines.size() && played[i].text == right.lines[j].text) {
      open = false;
      ++i;
      ++j;
      continue;
    }
    if (!open) level.right.push_back({i, {}, {}});
    open = true;
    if (j == right.lines.size() || (i < played.size() && longest[i + 1][j] >= longest[i][j + 1])) {
      played[i].changed = true;
      level.right.back().removed.push_back(played[i++].text);
    } else {
      level.right.back().right.push_back(right.lines[j++].text);
    }
  }
}

void show_changes(Level& level, const std::string& right, const std::string& wrong) {
  const std::string file = level.sources.front().file;
  const Lines all = whole_source(file).lines;
  std::vector<Member> members = members_of(level.sources.front().lines);
  const Lines changed = between(all, "  // [" + wrong + "]", "  // [end]");
  if (calls_take(changed)) take_by_function(members, all);
  const Source compared{right, all_lines(members)};
  for (const Member& member : members_of(changed)) {
    if (!member.name.empty()) replace_or_add(members, member);
  }
  level.sources.front().lines = all_lines(members);
  compare(level, compared);
}

}  // namespace explore
