#include "level.h"

#include <algorithm>
#include <map>
#include <utility>

#include "level_words.h"

namespace explore {
namespace {

std::string list_of(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) text += (text.size() > 1 ? "," : "") + item;
  return text + "]";
}

std::vector<std::string> each_in_quotes(const std::vector<std::string>& lines) {
  std::vector<std::string> all;
  for (const std::string& line : lines) all.push_back(in_quotes(line));
  return all;
}

// Threads, objects and events, each once, by number.
class Tables {
 public:
  explicit Tables(const Level& level, const std::vector<Value>& values)
      : sources_(level.sources), values_(values) {}

  std::string events(const std::vector<Event>& events) {
    std::vector<std::string> numbers;
    for (const Event& event : events)
      numbers.push_back(number_of(event, is_printed(event) ? words(event) : ""));
    return list_of(numbers);
  }

  std::string threads(const std::vector<Standing>& standings) {
    std::vector<std::string> all;
    for (const Standing& standing : standings) {
      see(standing.who);
      const std::string next =
          standing.has_next ? number_of(standing.next, intention(standing.next)) : "null";
      all.push_back("[\"" + std::string(name_of(standing.stand)) + "\"," + whom(standing) + "," +
                    next + "]");
    }
    for (std::size_t i = all.size(); i < threads_.size(); ++i) all.push_back("[\"new\",null,null]");
    return list_of(all);
  }

  std::string node(const Node& node) {
    std::vector<std::string> options;
    for (const Edge& edge : node.options) {
      options.push_back("[" + std::to_string(edge.thread) + "," + std::to_string(edge.kind) + "," +
                        (edge.to < 0 ? "null" : std::to_string(edge.to)) + "," +
                        events(edge.events) + "]");
    }
    std::string text = "{\"o\":" + list_of(options) + ",\"t\":" + threads(node.threads) +
                       ",\"e\":" + std::to_string(node.end);
    if (node.end == Node::kBroken) text += ",\"f\":" + in_quotes(node.failure);
    return text + "}";
  }

  // Threads that are there only later, too.
  void see(const Node& node) {
    for (const Standing& standing : node.threads) see(standing.who);
  }

  std::string names_of_threads() const { return list_of(each_in_quotes(threads_)); }
  std::string objects() const {
    std::vector<std::string> all;
    for (const auto& [name, kind] : objects_) {
      all.push_back("{\"name\":" + in_quotes(name) + ",\"kind\":\"" + kind + "\"}");
    }
    return list_of(all);
  }
  std::string all_events() const { return list_of(events_); }

 private:
  void see(const Who& who) {
    const auto id = static_cast<std::size_t>(who.id);
    if (threads_.size() <= id) threads_.resize(id + 1);
    threads_[id] = who.name;
  }

  std::string object(const std::string& name, const char* kind) {
    const auto same = [&](const auto& object) { return object.first == name; };
    const auto found = std::find_if(objects_.begin(), objects_.end(), same);
    const auto number = found - objects_.begin();
    if (found == objects_.end()) {
      objects_.emplace_back(name, std::string(kind) == "count" ? "atomic" : kind);
    }
    return std::to_string(number);
  }

  std::string whom(const Standing& standing) {
    if (standing.stand == Standing::Stand::kJoins) return std::to_string(standing.joined);
    if (standing.whom.empty()) return "null";
    return object(standing.whom,
                  standing.stand == Standing::Stand::kAsleep ? "condition" : "mutex");
  }

  std::string place(const Where& where) const {
    const std::string file = where.file == nullptr ? "" : from_root(where.file);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i].file == file) {
        return std::to_string(i) + "," + std::to_string(where.line);
      }
    }
    return "null,null";
  }

  std::string detail(const Event& event) const {
    switch (event.operation) {
      case Operation::kNotifyOne:
      case Operation::kNotifyAll: {
        std::vector<std::string> woken;
        for (const Who& who : event.others) woken.push_back(std::to_string(who.id));
        return list_of(woken);
      }
      case Operation::kStart:
      case Operation::kJoin:
        return std::to_string(event.others.front().id);
      case Operation::kRemark:
        return in_quotes(event.text);
      case Operation::kValue: {
        const auto same = [&](const Value& value) { return value.name == event.object; };
        const auto value = std::find_if(values_.begin(), values_.end(), same);
        const bool flag = value != values_.end() && value->cells == 0;
        return "{" + in_quotes(event.object) + ":" +
               (flag ? event.text == "1" ? "true" : "false" : in_quotes(event.text)) + "}";
      }
      default:
        return "null";
    }
  }

  std::string number_of(const Event& event, const std::string& says) {
    const std::string of =
        event.kind == nullptr || event.object.empty() ? "null" : object(event.object, event.kind);
    std::string text = "[" + std::to_string(event.who.id) + ",\"" + name_of(event.operation) +
                       "\"," + of + "," + place(event.where) + "," + detail(event);
    text += says.empty() ? "]" : "," + in_quotes(says) + "]";
    const auto [number, is_new] = numbers_.try_emplace(text, events_.size());
    if (is_new) events_.push_back(text);
    return std::to_string(number->second);
  }

  const std::vector<Source>& sources_;
  const std::vector<Value>& values_;
  std::vector<std::string> threads_;
  std::vector<std::pair<std::string, std::string>> objects_;
  std::vector<std::string> events_;
  std::map<std::string, std::size_t> numbers_;
};

std::string values_of(const std::vector<Value>& values) {
  std::vector<std::string> all;
  for (const Value& value : values) {
    all.push_back("{\"name\":" + in_quotes(value.name) +
                  (value.cells == 0
                       ? ",\"kind\":\"flag\"}"
                       : ",\"kind\":\"cells\",\"capacity\":" + std::to_string(value.cells) + "}"));
  }
  return list_of(all);
}

std::string sources_of(const Level& level) {
  std::vector<std::string> all;
  for (const Source& source : level.sources) {
    std::vector<std::string> lines;
    for (const SourceLine& line : source.lines) {
      lines.push_back("[" + (line.number == 0 ? "null" : std::to_string(line.number)) + "," +
                      in_quotes(line.text) + "," + (line.changed ? "1" : "0") + "]");
    }
    all.push_back("{\"file\":" + in_quotes(source.file) + ",\"lines\":" + list_of(lines) + "}");
  }
  return list_of(all);
}

std::string right_of(const Level& level) {
  if (level.right.empty()) return "null";
  std::vector<std::string> all;
  for (const Hunk& hunk : level.right) {
    all.push_back("[" + std::to_string(hunk.at) + "," + list_of(each_in_quotes(hunk.removed)) +
                  "," + list_of(each_in_quotes(hunk.right)) + "]");
  }
  return list_of(all);
}

// What stands before the tables, and they behind it: they are full when all nodes have been
// written.
std::string whole(const Level& level, const std::vector<Value>& values, const Tables& tables,
                  const std::string& rest) {
  std::string text = "{\"id\":" + in_quotes(level.id) +
                     ",\"scenario\":" + in_quotes(level.scenario) +
                     ",\"kind\":" + (level.wrong ? "\"wrong\"" : "\"right\"");
  if (!level.mutant.empty()) text += ",\"mutant\":" + in_quotes(level.mutant);
  if (level.bound >= 0) text += ",\"bound\":" + std::to_string(level.bound);
  return text + ",\"threads\":" + tables.names_of_threads() + ",\"objects\":" + tables.objects() +
         ",\"values\":" + values_of(values) + ",\"sources\":" + sources_of(level) +
         ",\"right\":" + right_of(level) + ",\"events\":" + tables.all_events() + rest + "}";
}

}  // namespace

std::string json_of(const Level& level, const Graph& graph) {
  Tables tables(level, graph.values);
  for (const Node& node : graph.nodes) tables.see(node);
  std::string start = tables.events(graph.start);
  std::vector<std::string> nodes;
  for (const Node& node : graph.nodes) nodes.push_back(tables.node(node));
  return whole(level, graph.values, tables, ",\"start\":" + start + ",\"nodes\":" + list_of(nodes));
}

std::string json_of(const Level& level, const Stop& stop) {
  Tables tables(level, stop.values);
  tables.see(stop.node);
  std::string start = tables.events(stop.events);
  std::string node = tables.node(stop.node);
  return whole(level, stop.values, tables, ",\"start\":" + start + ",\"node\":" + node);
}

std::set<std::string> files_of(const std::vector<Event>& events) {
  std::set<std::string> files;
  for (const Event& event : events) {
    if (event.where.file != nullptr) files.insert(from_root(event.where.file));
  }
  return files;
}

Source source_of(const std::string& file, std::string_view text) {
  Source source{file, {}};
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const int number = static_cast<int>(source.lines.size()) + 1;
    source.lines.push_back({number, std::string(text.substr(0, end)), false});
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return source;
}

std::string levels_text(const std::vector<std::string>& levels) {
  std::string text =
      "// What the explorer writes: the graph of all states of each level. Not to be edited.\n";
  text +=
      "(window.triloop ?"
      "?= {}).levels = [\n";  // in one it would be a trigraph
  for (const std::string& level : levels) text += level + ",\n";
  return text + "];\n";
}

}  // namespace explore
