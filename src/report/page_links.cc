// The heads that carry the links of a corpus.
#include "report/html.h"
#include "report/page_parts.h"

namespace headscope {
namespace {

constexpr size_t kShown = 20;

// "the links that the lines name", "nsubj, from the dependent to the word that governs it"
std::string words_of(const std::string& choice) {
  constexpr std::string_view kRelation = "rel:", kFromHead = ":head";
  if (!choice.starts_with(kRelation)) return "the links that the corpus names";
  std::string relation = choice.substr(kRelation.size());
  if (!relation.ends_with(kFromHead)) {
    return xml_escape(relation) + ", from the dependent to the word that governs it";
  }
  relation.resize(relation.size() - kFromHead.size());
  return xml_escape(relation) + ", from the governing word to its dependent";
}

}  // namespace

std::string report_links(const Report& report) {
  const auto links = report.json.find("links");
  if (links == report.json.end() || !links->is_object() || !links->contains("heads")) return {};
  std::string out =
      "<section id=\"links\"><h2>Links</h2>\n<p class=\"muted\">" +
      html_count(links->value("n", int64_t{0})) +
      (links->value("n", int64_t{0}) == 1 ? " link: " : " links: ") +
      words_of(links->value("of", std::string())) +
      ". Weight: what the query gives the key, on average. Rank: of the key among the words that "
      "the query sees, 1 = heaviest. First: share of links whose key is the heaviest. Chance: the "
      "weight after shuffling within each class of keys.</p>\n<div class=\"scroll\"><table "
      "class=\"numbers\">" +
      html_row({"head", "weight", "± se", "rank", "first", "chance", "lift", "links"}, "th");
  size_t shown = 0;
  for (const Json& head : (*links)["heads"]) {
    if (++shown > kShown) break;
    const std::string name = head_name(head);
    out += html_row({"<a href=\"#" + name + "\">" + name + "</a>", html_number(head, "mean"),
                     html_number(head, "se"), html_number(head, "rank", 1),
                     html_number(head, "top1"), html_number(head, "chance"),
                     html_number(head, "lift", 1), html_count(head.value("n", int64_t{0}))});
  }
  return out + "</table></div></section>\n";
}

}  // namespace headscope
