// report: run folders and audits as one page that opens anywhere.

#include <filesystem>

#include "tools/cli/commands.h"
#include "tools/cli/version.h"
#include "tools/io/files.h"
#include "tools/report/audit_section.h"
#include "tools/report/page.h"
#include "tools/report/run_section.h"

namespace palimpsest::tools {
namespace {

class Report final : public Command {
 public:
  std::string name() const override { return "report"; }
  std::string summary() const override { return "show run folders and audits as one HTML page"; }

  void add_options(CLI::App& app) override {
    app.add_option("runs", paths_, "run folders of invert, folders of audit")->required();
    app.add_option("--out", out_, "HTML file to write")->required();
    app.add_option("--title", title_, "heading of the page");
  }

  Outcome run(const Console& console) override {
    std::vector<RunRecord> runs;
    std::vector<AuditRecord> audits;
    for (const std::string& path : paths_) {
      if (is_audit(path))
        audits.push_back(read_audit(path));
      else
        runs.push_back(read_run(path));
    }
    Markup content;
    for (std::size_t i = 0; i < audits.size(); ++i)
      write_audit(content, audits[i], text("audit-", i + 1));
    if (runs.size() > 1) write_overview(content, runs);
    for (std::size_t i = 0; i < runs.size(); ++i) write_run(content, runs[i], text("run-", i + 1));
    const std::string html =
        page(title(audits.size()), subtitle(audits.size()), content, version_text());
    write_atomically(out_, html);
    console.line(text("wrote ", out_, ": ", readable_bytes(static_cast<double>(html.size()))));
    return {
        {{"out", out_}, {"runs", runs.size()}, {"audits", audits.size()}, {"bytes", html.size()}},
        ExitCode::ok};
  }

 private:
  std::string title(std::size_t audits) const {
    if (!title_.empty()) return title_;
    if (audits > 0) return "Privacy audit";
    return paths_.size() == 1 ? "A reconstruction" : "Reconstructions";
  }
  std::string subtitle(std::size_t audits) const {
    if (audits > 0) return "What shared updates of this model give away";
    return paths_.size() == 1 ? "What one shared update gave away"
                              : text("What ", paths_.size(), " attacks found in shared updates");
  }

  std::vector<std::string> paths_;
  std::string out_, title_;
};

}  // namespace

std::unique_ptr<Command> report_command() { return std::make_unique<Report>(); }

}  // namespace palimpsest::tools
