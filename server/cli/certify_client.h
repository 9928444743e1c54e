// `certify --client`: grades the calls that an application makes.
#pragma once

#include <string>

#include "cli/certify_report.h"

namespace zest::cli {

struct ClientGrading {
  std::string application;  // --app; "": one that is found
  std::string client_id;    // "": all partners, where the journal is graded
  ReportOptions report;
};

// After a run of its own tests: what the calls of the application show, in a few lines on the error stream.
void say_client_grade(const Program& program, const client::ControlApi& control);

// Answers the exit code.
int certify_client(const Program& program, const ClientGrading& grading, const Remote& remote);

}  // namespace zest::cli
