// The report's map of distances: every head a dot, named where its name covers no other.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "headscope/labels.h"
#include "report/html.h"
#include "report/page_parts.h"

namespace headscope {
namespace {

constexpr double kSize = 640, kMargin = 40;

struct Point {
  std::string name;
  const Json* head = nullptr;
  double x = 0, y = 0;  // px
};

bool has_points(const Json& similarity) {
  return similarity.is_object() && similarity.contains("xy") && similarity.contains("heads") &&
         similarity["xy"].is_array() && similarity["heads"].is_array() &&
         similarity["xy"].size() == similarity["heads"].size();
}

std::vector<Point> points_of(const Report& report, const Json& similarity) {
  std::map<std::string, const Json*> by_name;
  for (const Json& head : report.json["heads"]) by_name[head_name(head)] = &head;
  std::vector<Point> points;
  for (size_t i = 0; i < similarity["heads"].size(); ++i) {
    const Json& xy = similarity["xy"][i];
    if (!similarity["heads"][i].is_string() || !xy.is_array() || xy.size() < 2) continue;
    const auto head = by_name.find(similarity["heads"][i].get<std::string>());
    if (head == by_name.end() || !xy[0].is_number() || !xy[1].is_number()) continue;
    points.push_back({head->first, head->second, xy[0].get<double>(), xy[1].get<double>()});
  }
  return points;
}

// Into the square, with one scale for both axes: distances stay comparable.
void fit(std::vector<Point>& points) {
  const auto [left, right] = std::minmax_element(
      points.begin(), points.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
  const auto [low, high] = std::minmax_element(
      points.begin(), points.end(), [](const Point& a, const Point& b) { return a.y < b.y; });
  const double mid_x = (left->x + right->x) / 2, mid_y = (low->y + high->y) / 2;
  const double span = std::max({right->x - left->x, high->y - low->y, 1e-12});
  const double scale = (kSize - 2 * kMargin) / span;
  for (Point& p : points) {
    p.x = kSize / 2 + scale * (p.x - mid_x);
    p.y = kSize / 2 - scale * (p.y - mid_y);
  }
}

using Box = std::array<double, 4>;  // left, top, right, bottom

bool overlap(const Box& a, const Box& b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

// Where a name may stand: right, left, above or below its dot.
std::vector<Box> places(const Point& p) {
  constexpr double kCharacter = 5.4, kHeight = 9, kAway = 5;
  const double width = kCharacter * static_cast<double>(p.name.size());
  return {{p.x + kAway, p.y - kHeight / 2, p.x + kAway + width, p.y + kHeight / 2},
          {p.x - kAway - width, p.y - kHeight / 2, p.x - kAway, p.y + kHeight / 2},
          {p.x - width / 2, p.y - kAway - kHeight, p.x + width / 2, p.y - kAway},
          {p.x - width / 2, p.y + kAway, p.x + width / 2, p.y + kAway + kHeight}};
}

std::string draw(const Point& p, const Box* name) {
  const LabelInfo& label = label_info(best_label(*p.head));
  std::string out = "<a href=\"#" + p.name + "\" class=\"" + std::string(name_of(label.family)) +
                    "\"><title>" + p.name + ": " + xml_escape(label.words) +
                    "</title><circle class=\"dot\" r=\"3.5\" cx=\"" + svg_number(p.x) + "\" cy=\"" +
                    svg_number(p.y) + "\"/>";
  if (name) {
    out += "<text x=\"" + svg_number((*name)[0]) + "\" y=\"" + svg_number((*name)[3] - 1.5) +
           "\" class=\"small\">" + p.name + "</text>";
  }
  return out + "</a>\n";
}

}  // namespace

std::string report_similarity(const Report& report) {
  const auto similarity = report.json.find("similarity");
  if (similarity == report.json.end() || !has_points(*similarity)) return {};
  std::vector<Point> points = points_of(report, *similarity);
  if (points.empty()) return {};
  fit(points);
  std::string out =
      "<section id=\"similarity\"><h2>Which heads are alike</h2>\n<p class=\"muted\">Heads "
      "that lie close attend alike: classical scaling of the square root of the mean "
      "Jensen–Shannon divergence between their rows. Distances in two dimensions are a "
      "projection. The colour is the label's; a dot without a name says it when pointed at.</p>\n"
      "<div class=\"scroll\"><svg width=\"640\" height=\"640\" "
      "viewBox=\"0 0 640 640\" role=\"img\" aria-label=\"Map of distances between heads\">\n"
      "<rect class=\"frame\" x=\".5\" y=\".5\" width=\"639\" height=\"639\"/>\n";
  std::vector<Box> taken;
  for (const Point& p : points) taken.push_back({p.x - 3, p.y - 3, p.x + 3, p.y + 3});
  for (const Point& p : points) {
    const std::vector<Box> options = places(p);
    const auto free = std::find_if(options.begin(), options.end(), [&](const Box& box) {
      return std::none_of(taken.begin(), taken.end(),
                          [&](const Box& other) { return overlap(box, other); });
    });
    if (free != options.end()) taken.push_back(*free);
    out += draw(p, free != options.end() ? &*free : nullptr);
  }
  return out + "</svg></div></section>\n";
}

}  // namespace headscope
