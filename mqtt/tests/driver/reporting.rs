//! What a driver reports, and where.

use crate::site::{Site, two_keys};
use defender_auth_mqtt::driver::{Control, Driver, Event};

#[test]
fn a_driver_moves_between_threads_and_its_control_is_shared_by_them() {
    fn is_send<T: Send>() {}
    fn is_shared<T: Send + Sync + Clone>() {}
    is_send::<Driver>();
    is_send::<Event>();
    is_shared::<Control>();
}

#[test]
fn no_line_has_a_secret_or_a_second_line() {
    let site = Site::new();
    let mut driver = site.driver(vec![two_keys(8, 2)]);
    let mut lines = site.connect(&mut driver);
    lines.push(driver.status().to_string());
    let secrets = [8, 2].map(crate::site::base64);
    for line in lines {
        assert!(!secrets.iter().any(|secret| line.contains(secret)) && !line.contains("sig="), "{line}");
        assert!(!line.contains('\n') && !line.is_empty());
    }
}

#[cfg(feature = "tracing")]
mod traced {
    use super::*;
    use crate::site::HUB;
    use std::{
        fmt::Debug,
        sync::{Arc, Mutex},
    };
    use tracing::{
        Level, Metadata, Subscriber,
        field::{Field, Visit},
        span,
    };

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<(Level, String)>>>);

    struct Text(String);

    impl Visit for Text {
        fn record_debug(&mut self, _: &Field, value: &dyn Debug) {
            self.0 = format!("{value:?}");
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "defender_auth"
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &tracing::Event<'_>) {
            let mut text = Text(String::new());
            event.record(&mut text);
            self.0.lock().unwrap().push((*event.metadata().level(), text.0));
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn the_same_lines_are_events_of_tracing() {
        let site = Site::new();
        let connect = |lines: &Lines| {
            tracing::subscriber::with_default(lines.clone(), || {
                let mut driver = site.driver(vec![two_keys(8, 2)]);
                site.connect(&mut driver)
            })
        };
        // An event that another test reaches for the first time while a subscriber is set may be registered as one that nobody
        // wants; a subscriber that is set later finds it registered.
        connect(&Lines::default());
        let lines = Lines::default();
        let reported = connect(&lines);
        let traced = lines.0.lock().unwrap().clone();
        assert_eq!(traced.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>(), reported);
        assert_eq!(traced.first().unwrap().0, Level::WARN);
        assert_eq!(
            *traced.last().unwrap(),
            (Level::INFO, format!("connected as {HUB}/devices/dev-01 with keys/secondary"))
        );
    }
}
