//! What the embedded server answers.

use http_body_util::Full;
use hyper::StatusCode;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, LOCATION};
use std::time::Duration;

/// A request, as hyper hands it in.
pub type Request = hyper::Request<Incoming>;
/// A response whose body is there at once.
pub type Response = hyper::Response<Full<Bytes>>;

/// The size of an ordinary answer.
pub const JSON_BODY_BYTES: usize = 250;
/// The size of the answer to `/huge`.
pub const HUGE_BODY_BYTES: usize = 256 * 1024;

/// How long the server takes for a user.
pub const USER_LATENCY: Duration = Duration::from_millis(100);
/// How long `/slow` takes: longer than anybody in the examples waits.
const SLOW: Duration = Duration::from_secs(30);

/// Answers by path.
///
/// | path | answer |
/// | --- | --- |
/// | `/json/N` | 250 bytes of JSON, after a few milliseconds |
/// | `/users/NAME` | a small JSON object, after a tenth of a second |
/// | `/slow` | the same, but only after thirty seconds |
/// | `/status/CODE` | that status |
/// | `/redirect/N` | a redirect to `/json/N` |
/// | `/huge` | 256 KiB |
pub(crate) async fn answer(request: Request) -> Response {
    let path = request.uri().path();
    let (kind, rest) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    match kind {
        "json" => {
            motet::sleep(Duration::from_millis(5)).await;
            json(&padded(rest))
        }
        "users" => {
            motet::sleep(USER_LATENCY).await;
            json(&serde_json::json!({ "login": rest, "type": "User" }).to_string())
        }
        "slow" => {
            motet::sleep(SLOW).await;
            json(&padded("slow"))
        }
        "status" => status(rest.parse().ok().and_then(|code| StatusCode::from_u16(code).ok())),
        "redirect" => {
            let mut found = status(Some(StatusCode::FOUND));
            let target = format!("/json/{rest}").parse().expect("the path came out of a valid request");
            found.headers_mut().insert(LOCATION, target);
            found
        }
        "huge" => Response::new(Full::new(Bytes::from(vec![b'x'; HUGE_BODY_BYTES]))),
        _ => status(Some(StatusCode::NOT_FOUND)),
    }
}

/// A JSON object of exactly [`JSON_BODY_BYTES`].
fn padded(id: &str) -> String {
    let empty = serde_json::json!({ "id": id, "padding": "" }).to_string().len();
    let padding = "x".repeat(JSON_BODY_BYTES.saturating_sub(empty));
    serde_json::json!({ "id": id, "padding": padding }).to_string()
}

fn json(body: &str) -> Response {
    let mut response = Response::new(Full::new(Bytes::from(body.to_owned())));
    let json = "application/json".parse().expect("a constant header value");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn status(code: Option<StatusCode>) -> Response {
    let mut response = Response::new(Full::default());
    *response.status_mut() = code.unwrap_or(StatusCode::BAD_REQUEST);
    response
}
