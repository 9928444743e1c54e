#include "api/api.h"

#include <exception>
#include <utility>

#include "api/auth.h"
#include "api/checks.h"
#include "api/errors.h"
#include "api/fault_rules.h"
#include "api/prefer.h"
#include "api/record.h"
#include "api/waiting.h"
#include "base/text.h"

namespace zest::api {
namespace {

// Multipart framing and text fields beside the file.
constexpr std::size_t kMultipartOverhead = 1024 * 1024;

Error unknown_operation(const RouteTable::Match& match, const CallRecord& call) {
  if (match.allowed.empty()) {
    return make_error(ErrorKind::NotFound,
                      "there is no resource at " + call.path.substr(0, call.path.find('?')));
  }
  return make_error(ErrorKind::MethodNotAllowed, "this path does not take " + call.method);
}

// A call whose body is there, until it is answered.
struct Pending {
  Pending(http::Request taken, http::Responder answer_to)
      : request(std::move(taken)), responder(std::move(answer_to)), exchange(request) {}
  Pending(const Pending&) = delete;
  Pending& operator=(const Pending&) = delete;

  http::Request request;
  http::Responder responder;
  Exchange exchange;  // refers to request
  const Route* route = nullptr;
  CallRecord call;
  std::optional<Fault> fault;
};

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
  }

  ~Impl() {
    MutexLock lock(mutex_);
    stopping_ = true;
    stopped_.notify_all();
  }

  const RouteTable& routes() const { return table_; }

  std::variant<http::TakeBody, http::Response> begin(const http::RequestHead& head) {
    const RouteTable::Match match = table_.find(head.method, head.path);
    if (match.route == nullptr) {
      const CallRecord call = recorder_.start(head, nullptr);
      http::Response response = refuse(call, unknown_operation(match, call));
      if (!match.allowed.empty()) response.headers.set("Allow", join(match.allowed));
      return response;
    }
    const Route& route = *match.route;
    if (route.access == Access::Control) {
      if (const std::optional<Guard::Refused> refused = services_.guard.check(head)) {
        http::Response response = refuse(recorder_.start(head, &route), refused->error, head);
        response.hold = refused->hold;
        return response;
      }
    }
    const Result<std::optional<Partner>> caller = admit(route, head);
    if (!caller.ok()) return refuse(recorder_.start(head, &route), caller.error(), head);
    const Result<void> type = check_content_type(route, head);
    if (!type.ok()) return refuse(recorder_.start(head, &route), type.error(), head);
    return how_to_take_body(route, head);
  }

  void finish(http::Request request, http::Responder responder) {
    const auto pending = std::make_shared<Pending>(std::move(request), std::move(responder));
    const http::RequestHead& head = pending->request.head;
    RouteTable::Match match = table_.find(head.method, head.path);
    pending->route = match.route;
    pending->call = recorder_.start(head, match.route);
    pending->exchange.error_id = pending->call.error_id;
    pending->exchange.path = std::move(match.path);
    pending->exchange.client_gone = [call = pending.get()] { return call->responder.client_gone(); };
    const Result<void> read = read_fault(*pending);
    if (!read.ok()) {
      recorder_.arrived(pending->call);
      pending->responder.send(conclude(*pending, read.error()));
      return;
    }
    const bool delayed = pending->fault && pending->fault->delay > Duration(0);
    if (match.route == nullptr || !(match.route->waits || delayed)) return answer(*pending);
    using Task = WaitingPool::Task;
    const Task kind = delayed || match.route->waits_for_others ? Task::WaitsForOthers : Task::Works;
    if (waiting_.run(kind, [this, pending] { answer(*pending); })) return;
    recorder_.arrived(pending->call);
    const Error busy =
        make_error(ErrorKind::ServiceUnavailable, "too many calls are waiting already; retry with backoff");
    pending->responder.send(conclude(*pending, busy));
  }

  http::Response refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head) {
    const RouteTable::Match match = table_.find(head.method, head.path);
    CallRecord call = recorder_.start(head, match.route);
    call.caller = authenticator_.recall_client(head);
    const std::string detail = refusal_detail(refusal, what, services_.settings.max_upload);
    http::Response response = refusal_response(refusal, detail, call.error_id);
    recorder_.arrived(call);
    recorder_.answered(call, {response.status, refusal_form(refusal).code, detail});
    return response;
  }

 private:
  // Which partner calls, where the route asks. Errors: those of the route's access.
  Result<std::optional<Partner>> admit(const Route& route, const http::RequestHead& head) {
    if (route.access == Access::Public || route.access == Access::Control) return std::optional<Partner>();
    ASSIGN_OR_RETURN(Partner partner, authenticator_.authenticate(head));
    if (route.access == Access::BearerProvisioned && !partner.provisioned) {
      return make_error(ErrorKind::Forbidden, "the partner application '" + partner.client_id +
                                                  "' is not provisioned for the partner API");
    }
    return std::optional<Partner>(std::move(partner));
  }

  http::TakeBody how_to_take_body(const Route& route, const http::RequestHead& head) {
    http::TakeBody take;
    take.limit = route.body_limit;
    if (route.body != BodyKind::Multipart) return take;
    take.multipart = true;
    take.spool_dir = services_.store.spool_dir();
    take.file_limit = services_.settings.max_upload;
    take.limit = static_cast<std::size_t>(take.file_limit) + kMultipartOverhead;
    take.on_part = [this, &route, head](const http::Part& part) -> std::optional<http::Response> {
      if (part.name != "file") return std::nullopt;
      const Result<void> type = check_upload_type(part);
      if (type.ok()) return std::nullopt;
      return refuse(recorder_.start(head, &route), type.error(), head);
    };
    return take;
  }

  // An answer before the body: refused by what the head tells.
  http::Response refuse(CallRecord call, const Error& error, const http::RequestHead& head) {
    call.caller = authenticator_.recall_client(head);
    return refuse(call, error);
  }

  http::Response refuse(const CallRecord& call, const Error& error) {
    recorder_.arrived(call);
    return conclude(call, error);
  }

  // Runs a call on the present thread and answers it.
  void answer(Pending& pending) {
    Exchange& exchange = pending.exchange;
    const Route& route = *pending.route;
    if (route.access == Access::Bearer || route.access == Access::BearerProvisioned) {
      Result<Partner> partner = authenticator_.recall(pending.request.head);
      if (!partner.ok()) {
        recorder_.arrived(pending.call);
        pending.responder.send(conclude(pending, std::move(partner).error()));
        return;
      }
      exchange.caller = partner->client_id;
      pending.call.caller = partner->client_id;
      exchange.partner = std::move(partner).value();
    }
    recorder_.arrived(pending.call);
    if (pending.fault) return answer_with_fault(pending, *pending.fault);
    Result<Answer> result = execute(pending);
    if (result.ok() && route.stream) {
      recorder_.answered(pending.call, {200, "", ""});
      return route.stream(exchange, std::move(pending.responder));
    }
    pending.responder.send(conclude(pending, std::move(result)));
  }

  // Faults are for calls of the partner API; the control plane stays reliable. What the call itself asks for
  // comes before what rules say.
  Result<void> read_fault(Pending& pending) {
    if (pending.route == nullptr || pending.route->access == Access::Control) return {};
    const http::RequestHead& head = pending.request.head;
    if (services_.settings.fault_headers) {
      ASSIGN_OR_RETURN(pending.fault, read_preferred_fault(head));
    }
    if (!pending.fault) {
      std::optional<std::string> caller = authenticator_.recall_client(head);
      if (!caller) caller = claimed_client(services_, *pending.route, pending.request.body);
      ASSIGN_OR_RETURN(pending.fault, fault_rules_.find(head, *pending.route, caller));
    }
    if (pending.fault) pending.call.fault = pending.fault->name;
    return {};
  }

  // An injected fault: before execute(), after it, or instead of it.
  void answer_with_fault(Pending& pending, const Fault& fault) {
    hold_for(fault.delay);
    const std::string cause =
        (fault.preferred ? "injected by Prefer: " : "injected by chaos rule ") + fault.name;
    http::Response response;
    if (fault.drop == Fault::Drop::BeforeExecute) {
      response.status = 0;
      recorder_.answered(pending.call, {0, "", "the connection was cut before the call was executed"});
    } else if (fault.expire_tokens && pending.exchange.partner) {
      response =
          conclude(pending, make_error(ErrorKind::InvalidToken, std::string(rules::kAccessTokenExpired)));
    } else if (fault.instead_of) {
      response = answer_status(pending, *fault.instead_of, cause);
    } else {
      Result<Answer> result = execute(pending);
      response = fault.after_commit ? answer_status(pending, *fault.after_commit, cause)
                                    : conclude(pending, std::move(result));
    }
    if (fault.preferred) response.headers.set("Preference-Applied", fault.name);
    response.drop_connection = fault.drop != Fault::Drop::None;
    pending.responder.send(std::move(response));
  }

  http::Response answer_status(Pending& pending, int status, const std::string& cause) {
    note_outcome(pending);
    std::string code;
    http::Response response = fault_response(status, cause, pending.call.error_id, code);
    recorder_.answered(pending.call, {response.status, code, cause});
    return response;
  }

  // Waits that long (wall), or until the sandbox stops.
  void hold_for(Duration delay) EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + delay;
    MutexLock lock(mutex_);
    while (!stopping_ && stopped_.wait_until(mutex_, deadline)) continue;
  }

  // The whole work of an admitted call: what is left of the checks, then its handler. Injected faults are
  // wrapped around this function and put nowhere else: before it, after it, or instead of it.
  Result<Answer> execute(Pending& pending) {
    const Route& route = *pending.route;
    Exchange& exchange = pending.exchange;
    try {
      RETURN_IF_ERROR(read_query(route, exchange));
      RETURN_IF_ERROR(read_body(route, exchange));
      RETURN_IF_ERROR(read_idempotency_key(route, exchange));
      RETURN_IF_ERROR(check_schema(route, exchange));
      if (route.stream) return Answer();
      return route.handle(exchange);
    } catch (const std::exception& failure) {
      return make_error(ErrorKind::InternalError,
                        "exception in " + route.operation_id + ": " + failure.what());
    } catch (...) {
      return make_error(ErrorKind::InternalError, "exception in " + route.operation_id);
    }
  }

  // Turns the result into bytes and writes down how the call ended.
  http::Response conclude(Pending& pending, Result<Answer> result) {
    note_outcome(pending);
    http::Response response = conclude(pending.call, std::move(result));
    response.hold = pending.exchange.hold;
    return response;
  }

  static void note_outcome(Pending& pending) {
    pending.call.caller = pending.exchange.caller;
    pending.call.idempotency_key = pending.exchange.idempotency_key;
    pending.call.idempotency_outcome = pending.exchange.idempotency_outcome;
  }

  http::Response conclude(const CallRecord& call, Result<Answer> result) {
    if (result.ok()) {
      http::Response response = to_response(std::move(result).value());
      recorder_.answered(call, {response.status, "", ""});
      return response;
    }
    const Error& error = result.error();
    if (error.kind == ErrorKind::InternalError) {
      services_.log.error("internal error " + call.error_id + ": " + error.detail,
                          {{"errorId", call.error_id}});
    }
    http::Response response = error_response(error, call.error_id);
    recorder_.answered(call, {response.status, error_form(error.kind).code,
                              error.kind == ErrorKind::InternalError ? std::string() : error.detail});
    return response;
  }

  const Services services_;
  RouteTable table_;
  Authenticator authenticator_;
  FaultRules fault_rules_;
  Recorder recorder_;
  Mutex mutex_;
  CondVar stopped_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  WaitingPool waiting_;  // last: its threads use what is above
};

Api::Api(Services services) : impl_(std::make_unique<Impl>(std::move(services))) {}
Api::~Api() = default;

std::variant<http::TakeBody, http::Response> Api::begin(const http::RequestHead& head) {
  return impl_->begin(head);
}

void Api::finish(http::Request request, http::Responder responder) {
  impl_->finish(std::move(request), std::move(responder));
}

http::Response Api::refuse(http::Refusal refusal, std::string_view what, const http::RequestHead& head) {
  return impl_->refuse(refusal, what, head);
}

const RouteTable& Api::routes() const { return impl_->routes(); }

}  // namespace zest::api
