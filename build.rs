//! Refuses the feature `planted` in a release profile: crash points and planted defects are for tests. Builds nothing.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let profile = std::env::var("PROFILE").unwrap_or_default();
    let planted = std::env::var_os("CARGO_FEATURE_PLANTED");
    if let Some(reason) = refusal(&profile, planted.as_deref()) {
        println!("cargo::error={reason}");
    }
}

/// Why this build must not be, if so. Cargo says `release` in `PROFILE` for every profile that inherits release.
pub(crate) fn refusal(profile: &str, planted: Option<&std::ffi::OsStr>) -> Option<&'static str> {
    (profile == "release" && planted.is_some())
        .then_some("the feature `planted` is for tests and is refused in a release profile")
}
