#include "table.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace explore {
namespace {

const std::string kBegin = "<!-- schedules: ";
const std::string kMarkEnd = " -->\n";
const std::string kEnd = "<!-- end -->";
const std::string kNotAll = ", not all";

std::string contents(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, " ");
  return digits;
}

// No scenario's name has the sign in it that parts the cells.
std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> all;
  std::istringstream rest(line.substr(1));
  for (std::string cell; std::getline(rest, cell, '|');) {
    const auto first = cell.find_first_not_of(' ');
    all.push_back(first == std::string::npos
                      ? ""
                      : cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
  }
  return all;
}

Count parsed(const std::string& cell) {
  Count count;
  for (const char c : cell) {
    if (c >= '0' && c <= '9') count.schedules = count.schedules * 10 + (c - '0');
  }
  count.exhausted = cell.find(kNotAll) == std::string::npos;
  return count;
}

// The rows of a table, whose head names the bounds.
void read_rows(std::istream& lines, Table& table) {
  std::vector<int> bounds;
  for (std::string line; std::getline(lines, line) && line != kEnd;) {
    if (line.rfind("| ", 0) != 0) continue;
    const std::vector<std::string> row = cells(line);
    if (row.front() == "scenario") {
      bounds.clear();
      for (std::size_t i = 1; i < row.size(); ++i) bounds.push_back(std::stoi(row[i]));
      continue;
    }
    Counts& counts = table[row.front()];
    for (std::size_t i = 1; i < row.size() && i <= bounds.size(); ++i) {
      if (!row[i].empty()) counts[bounds[i - 1]] = parsed(row[i]);
    }
  }
}

// null if the table does not know it.
const Count* find(const Table& table, const Section::Row& row, int bound) {
  if (bound < row.first_bound || bound > row.last_bound) return nullptr;
  const auto counts = table.find(row.scenario);
  if (counts == table.end()) return nullptr;
  const auto count = counts->second.find(bound);
  return count == counts->second.end() ? nullptr : &count->second;
}

std::string rows(const Section& section, const Table& table) {
  int first = section.rows.front().first_bound, last = section.rows.front().last_bound;
  for (const Section::Row& row : section.rows) {
    first = std::min(first, row.first_bound);
    last = std::max(last, row.last_bound);
  }
  std::string text = "| scenario |", line = "|---|";
  for (int bound = first; bound <= last; ++bound) {
    text += " " + std::to_string(bound) + (bound == 1 ? " preemption |" : " preemptions |");
    line += "--:|";
  }
  text += "\n" + line + "\n";
  for (const Section::Row& row : section.rows) {
    text += "| " + row.scenario + " |";
    for (int bound = first; bound <= last; ++bound) {
      const Count* count = find(table, row, bound);
      text += count == nullptr ? " |" : " " + printable(*count) + " |";
    }
    text += "\n";
  }
  return text;
}

// All of it in a sentence or two: each within the last bound that it has.
std::string summary(const std::vector<Section>& sections, const Table& table) {
  std::uint64_t schedules = 0;
  std::size_t scenarios = 0;
  std::string not_all;
  for (const Section& section : sections) {
    for (const Section::Row& row : section.rows) {
      ++scenarios;
      const Count* count = find(table, row, row.last_bound);
      if (count != nullptr) schedules += count->schedules;
      if (count == nullptr || !count->exhausted)
        not_all += (not_all.empty() ? "\"" : ", \"") + row.scenario + "\"";
    }
  }
  const std::string all = std::to_string(scenarios) + " scenarios have " + grouped(schedules) +
                          " schedules within the last number of each. ";
  return all +
         (not_all.empty()
              ? "**All are exhausted.**\n"
              : "**All are exhausted but these**, as far as the number says: " + not_all + ".\n");
}

void fill(std::string& page, const std::string& what, const std::string& text) {
  const std::string mark = kBegin + what + kMarkEnd;
  const auto begin = page.find(mark);
  const auto end = page.find(kEnd, begin);
  if (begin == std::string::npos || end == std::string::npos) {
    throw std::runtime_error("the page has no " + mark.substr(0, mark.size() - 1) + " before " +
                             kEnd);
  }
  page.replace(begin + mark.size(), end - begin - mark.size(), text);
}

}  // namespace

std::string printable(const Count& count) {
  return grouped(count.schedules) + (count.exhausted ? "" : kNotAll);
}

Table read_table(const std::string& page) {
  Table table;
  std::istringstream lines(contents(page));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(kBegin, 0) == 0) read_rows(lines, table);
  }
  return table;
}

void write_table(const std::string& page, const std::vector<Section>& sections,
                 const Table& table) {
  std::string text = contents(page);
  for (const Section& section : sections) fill(text, section.group, rows(section, table));
  fill(text, "all", summary(sections, table));
  std::ofstream(page) << text;
}

}  // namespace explore
