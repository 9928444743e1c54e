#include "api/api.h"

#include <exception>
#include <new>
#include <utility>

#include "api/pending.h"
#include "api/pipeline/auth.h"
#include "api/pipeline/call_signs.h"
#include "api/pipeline/checks.h"
#include "api/pipeline/delays.h"
#include "api/pipeline/errors.h"
#include "api/pipeline/fault_rules.h"
#include "api/pipeline/heavy_calls.h"
#include "api/pipeline/page.h"
#include "api/pipeline/prefer.h"
#include "api/pipeline/record.h"
#include "api/pipeline/waiting.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/rule_catalogue.h"

namespace zest::api {
namespace {

// Multipart framing and text fields beside the file.
constexpr std::size_t kMultipartOverhead = 1024 * 1024;
// A body that the operation has no use for, as some clients send with GET and DELETE, is read and ignored.
// [sandbox]
constexpr std::size_t kUnusedBodyLimit = 64 * 1024;

}  // namespace

class Api::Impl {
 public:
  explicit Impl(Services services)
      : services_(std::move(services)),
        authenticator_(services_),
        fault_rules_(services_),
        recorder_(services_) {
    add_system_routes(table_, services_);
    add_token_routes(table_, services_);
    add_contract_routes(table_, services_);
    add_spv_routes(table_, services_);
    add_investor_routes(table_, services_);
    add_subscription_routes(table_, services_);
    add_partner_routes(table_, services_);
    add_admin_routes(table_, services_);
    add_delivery_routes(table_, services_);
    add_clock_routes(table_, services_);
    add_state_routes(table_, services_);
    add_chaos_routes(table_, services_);
    add_journal_routes(table_, services_);
    add_resource_routes(table_, services_);
    add_credential_routes(table_, services_);
    add_console_routes(table_, services_);
    add_mcp_routes(table_, services_);
  }

  ~Impl() { delays_.stop(); }  // whose calls go on as heavy ones
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void stop() {
    services_.journal.stop_waiting();
    delays_.stop();
  }

  const RouteTable& routes() const { return table_; }

  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead& head) {
    RouteTable::Match match = table_.find(head.method, head.path);
    auto call = std::make_unique<Call>();
    call->record = recorder_.start(head, match.route);
    if (match.route == nullptr) {
      http::Response response =
          refuse(call->record, head, table_.refuse(match, call->record.method, call->record.path));
      if (!match.allowed.empty()) response.headers.set("Allow", join(match.allowed));
      return response;
    }
    call->route = match.route;
    call->path = std::move(match.path);
    const bool for_anyone = call->route->page_for_browsers && asks_for_page(head);
    if (call->route->access == Access::Control && !for_anyone) {
      if (const std::optional<Guard::Refused> refused = services_.guard.check(head)) {
        http::Response response = refuse(call->record, head, refused->error);
        response.hold = refused->hold;
        return response;
      }
    }
    const Result<void> admitted = admit(*call, head);
    if (!admitted.ok()) return refuse(call->record, head, admitted.error());
    const Result<void> type = check_content_type(*call->route, head);
    if (!type.ok()) return refuse(call->record, head, type.error());
    return how_to_take_body(std::move(call), head);
  }

  void finish(http::Request request, http::Responder responder) {
    const auto pending = std::make_shared<Pending>(std::move(request), std::move(responder));
    Call& call = pending->call;
    Exchange& exchange = pending->exchange;
    exchange.route = call.route;
    exchange.path = std::move(call.path);
    exchange.caller = call.record.caller;
    exchange.partner = std::move(call.partner);
    exchange.client_gone = [held = pending.get()] { return held->responder.client_gone(); };
    run(pending, [this, pending] { go_through(pending); });
  }

  http::Response refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head,
                        const http::AdmittedCall* admitted) {
    CallRecord record;
    if (admitted != nullptr) {
      record = static_cast<const Call&>(*admitted).record;
    } else {
      record = recorder_.start(head, table_.find(head.method, head.path).route);
    }
    const std::string detail = refusal_detail(refusal, what, services_.settings.max_upload);
    http::Response response = refusal_response(refusal, detail, record.error_id.text());
    recorder_.arrived(record);
    recorder_.keep(record, head, nullptr);
    recorder_.note_rule(record, refusal_rule(refusal), response);
    recorder_.answered(record,
                       {response.status, refusal_form(refusal).code, detail, {}, refusal_rule(refusal)});
    return response;
  }

 private:
  // Which partner calls, where the route asks. Errors: those of the route's access.
  Result<void> admit(Call& call, const http::RequestHead& head) {
    const Access access = call.route->access;
    if (access == Access::Public || access == Access::Control) return {};
    Result<Authenticator::Caller> caller = authenticator_.authenticate(head);
    if (!caller.ok()) {
      recorder_.note_refused_token(call.record, head);
      return std::move(caller).error();
    }
    call.partner = std::move(caller->partner);
    call.record.request.token_id = std::move(caller->token_id);
    call.record.signs.token_ends = caller->expires_at;
    call.record.signs.short_token = caller->short_lived;
    call.record.caller = call.partner->client_id;
    if (access == Access::BearerProvisioned && !call.partner->provisioned) {
      return refusal(
          Rule::AuthProvisioned, ErrorKind::Forbidden,
          "the partner application '" + call.partner->client_id + "' is not provisioned for the partner API");
    }
    return check_not_resetting(services_.store, call.partner->client_id);
  }

  http::TakeBody how_to_take_body(std::unique_ptr<Call> call, const http::RequestHead& head) {
    http::TakeBody take;
    take.limit = call->route->body == BodyKind::None ? kUnusedBodyLimit : call->route->body_limit;
    // A change waits for its commit, and what the control plane asks for may be all there is.
    take.may_wait = call->route->method != "GET" || call->route->access == Access::Control;
    take.to_file = call->route->body == BodyKind::JsonFile;
    if (take.to_file) take.spool_dir = services_.store.uploads().spool_dir();
    if (call->route->body == BodyKind::Multipart) {
      take.multipart = true;
      take.spool_dir = services_.store.uploads().spool_dir();
      take.file_limit = services_.settings.max_upload;
      take.limit = static_cast<std::size_t>(take.file_limit) + kMultipartOverhead;
      // For the journal: the head is not at hand when a part is refused.
      recorder_.keep(call->record, head, nullptr);
      take.on_part = [this, record = &call->record](const http::Part& part) -> std::optional<http::Response> {
        if (part.name != "file") return std::nullopt;
        const Result<void> type = check_upload_type(part);
        if (type.ok()) return std::nullopt;
        add_refused_part(record->request, part);
        recorder_.arrived(*record);
        return conclude(*record, type.error());
      };
    }
    take.call = std::move(call);
    return take;
  }

  // An answer before the body: refused by what the head tells.
  http::Response refuse(CallRecord& call, const http::RequestHead& head, const Error& error) {
    recorder_.arrived(call);
    recorder_.keep(call, head, nullptr);
    return conclude(call, error);
  }

  // On a thread for heavy calls, if this is one, else on the present thread.
  void run(const std::shared_ptr<Pending>& pending, const std::function<void()>& work) {
    if (pending->request.body.size() <= HeavyCalls::kSmallBody) return work();
    const bool taken = heavy_calls_.run([this, pending, work] {
      try {
        work();
      } catch (const std::bad_alloc&) {
        refuse_for_want_of_memory(*pending);
      }
    });
    if (!taken) refuse_as_busy(*pending);
  }

  // All that is done for a call whose body is there, on the present thread until it has one of its own.
  void go_through(const std::shared_ptr<Pending>& pending) {
    Call& call = pending->call;
    if (call.record.in_journal) add_body_facts(call.record.request, pending->request);
    note_file(call.record.signs, pending->request);
    // For the journal, however the call ends; execute() says what is wrong with a key.
    static_cast<void>(read_idempotency_key(*call.route, pending->exchange));
    const Result<void> read = read_fault(*pending);
    if (!read.ok()) {
      recorder_.arrived(call.record);
      pending->responder.send(conclude(*pending, read.error()));
      return;
    }
    recorder_.arrived(call.record);
    const bool delayed = pending->fault && pending->fault->delay > Duration(0);
    if (delayed ? hold(pending) : dispatch(pending)) return;
    refuse_as_busy(*pending);
  }

  void refuse_as_busy(Pending& pending) {
    const Error busy = refusal(Rule::SandboxBusy, ErrorKind::ServiceUnavailable,
                               "too many calls are waiting already; retry with backoff");
    pending.responder.send(conclude(pending, busy));
  }

  void refuse_for_want_of_memory(Pending& pending) {
    const AllocationScope scope(Allocations::ForAll);
    pending.request.body = std::string();  // what it takes is the first to be given back
    http::Response bare;
    bare.status = 503;
    try {
      pending.responder.send(conclude(pending, out_of_memory_error()));
    } catch (const std::bad_alloc&) {
      pending.responder.send(std::move(bare));
    }
  }

  // Has the call answered by a thread that may do so. False: there is none for it.
  bool dispatch(const std::shared_ptr<Pending>& pending) {
    const Route& route = *pending->call.route;
    const auto task = [this, pending] { answer(*pending); };
    if (!route.waits) {
      if (asks_for_long_list(route, pending->request.head)) return heavy_calls_.run(task);
      task();
      return true;
    }
    using Task = WaitingPool::Task;
    if (route.waits_for_others)
      return waiting_.run(Task::WaitsForOthers, pending->partner_waited_for(), task);
    return waiting_.run(route.advances ? Task::Advances : Task::Works, "", task);
  }

  // The same later, for a latency that was asked for.
  bool hold(const std::shared_ptr<Pending>& pending) {
    Delays::Call call;
    call.partner = likely_caller(*pending).value_or("");
    call.client_gone = pending->exchange.client_gone;
    call.go_on = [this, pending](Delays::End end) {
      if (end == Delays::End::Due) return run(pending, [this, pending] { answer(*pending); });
      const Error stopping =
          refusal(Rule::SandboxBusy, ErrorKind::ServiceUnavailable, "the sandbox is stopping");
      pending->responder.send(conclude(*pending, stopping));
    };
    return delays_.hold(pending->fault->delay, std::move(call));
  }

  // Runs a call on the present thread and answers it. What there is no memory for is refused, whatever was at
  // hand.
  void answer(Pending& pending) {
    try {
      answer_if_possible(pending);
    } catch (const std::bad_alloc&) {
      refuse_for_want_of_memory(pending);
    }
  }

  void answer_if_possible(Pending& pending) {
    Exchange& exchange = pending.exchange;
    const Route& route = *pending.call.route;
    if (pending.fault) return answer_with_fault(pending, *pending.fault);
    Result<Answer> result = execute(pending);
    if (result.ok() && route.stream) {
      recorder_.answered(pending.call.record, {200, "", ""});
      return route.stream(exchange, std::move(pending.responder));
    }
    pending.responder.send(conclude(pending, std::move(result)));
  }

  // Faults are for calls of the partner API; the control plane stays reliable. What the call itself asks for
  // comes before what rules say.
  Result<void> read_fault(Pending& pending) {
    const Route& route = *pending.call.route;
    if (route.access == Access::Control) return {};
    const http::RequestHead& head = pending.request.head;
    if (services_.settings.fault_headers) {
      ASSIGN_OR_RETURN(pending.fault, read_preferred_fault(head));
    }
    if (!pending.fault) {
      ASSIGN_OR_RETURN(pending.fault,
                       fault_rules_.find(head, route, [this, &pending] { return likely_caller(pending); }));
    }
    if (pending.fault) pending.call.record.fault = pending.fault->name;
    return {};
  }

  // Also of calls that need no token: who sends one all the same, or asks for one.
  std::optional<std::string> likely_caller(const Pending& pending) {
    if (pending.exchange.caller) return pending.exchange.caller;
    const Result<Authenticator::Caller> caller = authenticator_.authenticate(pending.request.head);
    if (caller.ok()) return caller->partner.client_id;
    return claimed_client(services_, *pending.call.route, pending.request.body);
  }

  // An injected fault: before execute(), after it, or instead of it.
  void answer_with_fault(Pending& pending, const Fault& fault) {
    pending.exchange.token_lifetime = fault.token_lifetime;
    http::Response response;
    if (fault.drop == Fault::Drop::BeforeExecute) {
      response.status = 0;
      pending.note_outcome();
      note_end(pending.call.record.signs, pending.exchange, 0, waited(pending));
      keep(pending, true);
      recorder_.answered(
          pending.call.record,
          {0, "", "the connection was cut before the call was executed", {}, Rule::InjectedFault});
    } else if (fault.expire_tokens && pending.exchange.partner) {
      response = conclude(pending, rules::access_token_expired());
    } else if (fault.instead_of) {
      response = answer_status(pending, fault, *fault.instead_of);
    } else {
      note_fault(pending.call.record.signs, fault);
      Result<Answer> result = execute(pending);
      response = fault.after_commit ? answer_status(pending, fault, *fault.after_commit)
                                    : conclude(pending, std::move(result));
      spoil(response, fault);
    }
    if (fault.preferred) response.headers.set("Preference-Applied", fault.name);
    response.drop_connection = fault.drop != Fault::Drop::None;
    pending.responder.send(std::move(response));
  }

  http::Response answer_status(Pending& pending, const Fault& fault, int status) {
    const std::string cause = fault.cause();
    pending.note_outcome();
    note_end(pending.call.record.signs, pending.exchange, status, waited(pending));
    keep(pending, true);
    std::string code;
    http::Response response = fault_response(fault, status, cause, pending.call.record.error_id.text(), code);
    recorder_.note_rule(pending.call.record, Rule::InjectedFault, response);
    recorder_.answered(pending.call.record, {response.status, code, cause, {}, Rule::InjectedFault});
    return response;
  }

  // The whole work of an admitted call: what is left of the checks, then its handler. Injected faults are
  // wrapped around this function and put nowhere else: before it, after it, or instead of it.
  Result<Answer> execute(Pending& pending) {
    const Route& route = *pending.call.route;
    Exchange& exchange = pending.exchange;
    try {
      RETURN_IF_ERROR(read_query(route, exchange));
      RETURN_IF_ERROR(read_body(route, exchange));
      RETURN_IF_ERROR(read_idempotency_key(route, exchange));
      RETURN_IF_ERROR(check_schema(route, exchange));
      note_request(pending.call.record.signs, exchange);
      if (route.stream) return Answer();
      return route.handle(exchange);
    } catch (const std::bad_alloc&) {
      return out_of_memory_error();
    } catch (const std::exception& failure) {
      return make_error(ErrorKind::InternalError,
                        "exception in " + route.operation_id + ": " + failure.what());
    } catch (...) {
      return make_error(ErrorKind::InternalError, "exception in " + route.operation_id);
    }
  }

  // Turns the result into bytes and writes down how the call ended.
  http::Response conclude(Pending& pending, Result<Answer> result) {
    const AllocationScope scope(Allocations::ForAll);  // what was done must not end without its answer
    pending.note_outcome();
    note_result(pending.call.record.signs, pending.exchange, result, waited(pending));
    keep(pending, !result.ok() || !pending.exchange.failed_rows.empty());
    http::Response response = conclude(pending.call.record, std::move(result), pending.exchange.failed_rows);
    response.hold = pending.exchange.hold;
    return response;
  }

  // Of a call that fails, headers and body; of others the same only where it was asked for.
  void keep(Pending& pending, bool failed) {
    if (!failed && !services_.settings.journal_bodies) {
      pending.call.record.detail.reset();
      return;
    }
    recorder_.keep(pending.call.record, pending.request.head, &pending.request);
  }

  Duration waited(const Pending& pending) const {
    return services_.clock.steady() - pending.call.record.started;
  }

  http::Response conclude(const CallRecord& call, Result<Answer> result,
                          const std::vector<Violation>& failed_rows = {}) {
    if (result.ok()) {
      http::Response response = to_response(std::move(result).value());
      recorder_.answered(call, {response.status, "", "", journal_violations(failed_rows)});
      return response;
    }
    const Error& error = result.error();
    if (error.kind == ErrorKind::InternalError) {
      services_.log.error("internal error " + call.error_id.text() + ": " + error.detail,
                          {{"errorId", call.error_id.text()}});
    }
    http::Response response = error_response(error, call.error_id.text());
    const Rule rule = rule_of(error);
    recorder_.note_rule(call, rule, response);
    recorder_.answered(call, {response.status, error_form(error.kind).code,
                              error.kind == ErrorKind::InternalError ? std::string() : error.detail,
                              journal_violations(error.violations), rule});
    return response;
  }

  const Services services_;
  RouteTable table_;
  Authenticator authenticator_;
  FaultRules fault_rules_;
  Recorder recorder_;
  // Last: their threads use what is above, and those of heavy calls hand over to the others.
  WaitingPool waiting_;
  Delays delays_;
  HeavyCalls heavy_calls_;
};

Api::Api(Services services) : impl_(std::make_unique<Impl>(std::move(services))) {}
Api::~Api() = default;

std::variant<http::TakeBody, http::Response> Api::begin(const http::RequestHead& head) {
  return impl_->begin(head);
}

void Api::finish(http::Request request, http::Responder responder) {
  impl_->finish(std::move(request), std::move(responder));
}

http::Response Api::refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head,
                           const http::AdmittedCall* call) {
  return impl_->refuse(refusal, what, head, call);
}

void Api::stop() { impl_->stop(); }

const RouteTable& Api::routes() const { return impl_->routes(); }

}  // namespace zest::api
