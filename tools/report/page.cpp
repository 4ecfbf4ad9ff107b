#include "tools/report/page.h"

#include "tools/report/page_style.h"

namespace palimpsest::tools {
namespace {

// Nothing is loaded and nothing runs, whatever a file might have smuggled in.
constexpr const char* policy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'";

void write_head(Markup& out, const std::string& title) {
  const Element head(out, "head");
  out.empty("meta", {{"charset", "utf-8"}});
  out.empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}});
  out.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  out.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  out.empty("meta", {{"name", "robots"}, {"content", "noindex"}});
  out.element("title", title);
  const Element style(out, "style");
  out.own(page_style());
}

void write_foot(Markup& out, const std::string& program) {
  const Element footer(out, "footer");
  out.element("p",
              "Reconstructions of personal images are personal data. An attack that finds nothing "
              "is no evidence that nothing can be found: it says what was not recovered within "
              "this budget, by these attacks.");
  out.element("p", "Made by " + program + ".");
}

}  // namespace

std::string page(const std::string& title, const std::string& subtitle, const Markup& content,
                 const std::string& program) {
  Markup out;
  out.own("<!doctype html>\n");
  {
    const Element html(out, "html", {{"lang", "en"}});
    write_head(out, title);
    const Element body(out, "body");
    const Element sheet(out, "main", "sheet");
    {
      const Element header(out, "header");
      out.element("p", "Palimpsest", {{"class", "eyebrow"}});
      out.element("h1", title);
      out.element("p", subtitle, {{"class", "subtitle"}});
    }
    out.own(content.str());
    write_foot(out, program);
  }
  out.own("\n");
  return out.str();
}

}  // namespace palimpsest::tools
