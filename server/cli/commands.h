// Every command, each in a file of its own.
#pragma once

namespace zest::cli {

class Program;

void add_serve(Program& program);
void add_demo(Program& program);
void add_listen(Program& program);
void add_explain(Program& program);
void add_warnings(Program& program);
void add_coverage(Program& program);
void add_exec(Program& program);
void add_trigger(Program& program);
void add_certify(Program& program);
void add_webhook_deliveries(Program& program);
void add_spv_requests(Program& program);
void add_subscriptions(Program& program);
void add_register_partner(Program& program);
void add_token(Program& program);
void add_clock(Program& program);
void add_reset(Program& program);
void add_snapshot(Program& program);
void add_scenario(Program& program);
void add_app(Program& program);
void add_chaos(Program& program);
void add_requests(Program& program);
void add_partners(Program& program);
void add_sign(Program& program);
void add_readyz(Program& program);
void add_mcp(Program& program);
void add_completion(Program& program);
void add_version(Program& program);

// All of them, in the order of the help.
void add_commands(Program& program);

}  // namespace zest::cli
