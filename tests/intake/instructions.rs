//! Each rule about an instruction, its rail and its date.

use super::*;

#[test]
fn all_errors_come_at_once_and_in_order() {
    let world = World::new();
    let long_name = "N".repeat(71);
    let long_text = "R".repeat(141);
    let errors = world.errors(&[
        ("external_id", "ä"),
        ("amount.value", "1.234"),
        ("speed", "soon"),
        ("creditor.name", &long_name),
        ("creditor.address.country", "XX"),
        ("creditor_account.iban", "DE00370400440532013000"),
        ("remittance.unstructured", &long_text),
    ]);
    assert_eq!(
        errors,
        [
            "external_id: reference.charset",
            "amount.value: amount.decimals",
            "speed: speed.unknown",
            "creditor.name: name.length",
            "creditor.address.town: address.town_required",
            "creditor.address.country: address.country",
            "creditor_account.iban: iban.checksum",
            "remittance.unstructured: remittance.length",
        ]
    );
}

#[test]
fn amounts_at_their_boundaries() {
    let world = World::new();
    let amount = |value: &str| world.errors(&[("amount.value", value)]);
    let none = Vec::<String>::new();
    assert_eq!(amount("0.01"), none);
    assert_eq!(amount("0.001"), ["amount.value: amount.decimals"]);
    assert_eq!(amount("999999999.99"), none);
    assert_eq!(amount("1000000000.00"), ["amount.value: amount.above_rail"]);
    assert_eq!(amount("1,000.00"), ["amount.value: amount.separator"]);
    let pounds = |value| world.one(&with(GBP, &[("amount.value", value)])).map(|one| one.payout.rail);
    assert_eq!(pounds("1000000.00").unwrap(), Rail::UkFasterPayments);
    assert_eq!(pounds("1000000.01").unwrap(), Rail::UkBacs);
    let instant = |value| with(USD, &[("amount.value", value), ("speed", "instant_required")]);
    assert_eq!(world.one(&instant("10000000.00")).unwrap().payout.rail, Rail::UsInstant);
    assert_eq!(world.errors(&instant("10000000.01")), ["amount.value: amount.above_rail"]);
}

#[test]
fn currencies_have_their_own_decimals() {
    let mut world = World::new();
    for (account_ref, currency) in [("bhd", "BHD"), ("jpy", "JPY")] {
        let mut account = world.accounts[0].clone();
        account.account_ref = account_ref.to_owned();
        account.currency = girogate::domain::currency::Currency::parse(currency).unwrap();
        world.accounts.push(account);
    }
    let errors = |account: &str, currency: &str, value: &str| {
        world.errors(&[
            ("debtor.account_ref", account),
            ("amount.currency", currency),
            ("amount.value", value),
        ])
    };
    // No rail of the reference bank moves these currencies; the amount itself is what is judged.
    assert_eq!(errors("bhd", "BHD", "1.234"), ["amount.currency: route.none"]);
    assert_eq!(
        errors("bhd", "BHD", "1.2345"),
        ["amount.value: amount.decimals", "amount.currency: route.none"]
    );
    assert_eq!(errors("jpy", "JPY", "100"), ["amount.currency: route.none"]);
    assert_eq!(
        errors("jpy", "JPY", "100.0"),
        ["amount.value: amount.decimals", "amount.currency: route.none"]
    );
    assert_eq!(
        errors("demo-eur", "USD", "1.00"),
        ["amount.currency: currency.debtor_account", "creditor_account: account.form_not_on_rail"]
    );
}

#[test]
fn accounts_are_one_valid_form_and_not_our_own() {
    let world = World::new();
    let iban = |text: &str| world.errors(&[("creditor_account.iban", text)]);
    assert_eq!(iban("DE8937040044053201300"), ["creditor_account.iban: iban.length"]);
    assert_eq!(iban("QQ89370400440532013000"), ["creditor_account.iban: iban.country"]);
    assert_eq!(iban(""), ["creditor_account: account.required"]);
    assert_eq!(iban("BR1500000000000010932840814P2"), ["creditor_account: account.form_not_on_rail"]);
    let lower = world.one(&[("creditor_account.iban", "de89 3704 0044 0532 0130 00")]).unwrap();
    assert_eq!(format!("{:?}", lower.payout.instruction.creditor_account), "DE89…3000");
    assert_eq!(iban("DE90999999990000004711"), ["creditor_account: account.own"]);
    let own = with(
        GBP,
        &[("creditor_account.gb.sort_code", "990001"), ("creditor_account.gb.account", "00004712")],
    );
    assert_eq!(world.errors(&own), ["creditor_account: account.own"]);
    let both = [("creditor_account.gb.sort_code", "990000"), ("creditor_account.gb.account", "12345678")];
    assert_eq!(world.errors(&both), ["creditor_account: account.several_forms"]);
    assert_eq!(
        world.warnings(&[("creditor_agent.bic", "BNPAFRPPXXX")]),
        ["creditor_agent.bic: bic.iban_country"]
    );
    let typed = with(USD, &[("creditor_account.us.account_type", "")]);
    assert_eq!(world.errors(&typed), ["creditor_account.us.account_type: member.required"]);
}

#[test]
fn references_and_remittance() {
    let world = World::new();
    let text = "remittance.unstructured";
    let reference = "remittance.structured.reference";
    assert_eq!(world.errors(&[(reference, "RF18539007547034")]), Vec::<String>::new());
    assert_eq!(
        world.errors(&[(reference, "RF19539007547034")]),
        ["remittance.structured.reference: rf.checksum"]
    );
    assert_eq!(
        world.errors(&[(reference, "RF18539007547034"), (text, "x")]),
        ["remittance: remittance.both"]
    );
    assert_eq!(world.errors(&[(text, &"x".repeat(140))]), Vec::<String>::new());
    assert_eq!(world.errors(&[(text, &"x".repeat(141))]), ["remittance.unstructured: remittance.length"]);
    assert_eq!(world.errors(&[("end_to_end_id", "A//B")]), ["end_to_end_id: reference.slashes"]);
    assert_eq!(world.errors(&[("end_to_end_id", "NOTPROVIDED")]), ["end_to_end_id: reference.placeholder"]);
    assert_eq!(world.errors(&[("end_to_end_id", &"e".repeat(36))]), ["end_to_end_id: reference.length"]);
    assert_eq!(
        world.errors(&with(GBP, &[("end_to_end_id", &"e".repeat(19))])),
        ["end_to_end_id: reference.length"]
    );
    assert_eq!(world.errors(&with(GBP, &[("end_to_end_id", &"e".repeat(18))])), Vec::<String>::new());
    assert_eq!(world.errors(&[("replaces", "A-1")]), ["replaces: replaces.self"]);
}

#[test]
fn end_to_end_id_is_the_clients_own_else_external_id_else_token() {
    let world = World::new();
    let id = |changes: &[(&str, &str)]| {
        let payout = world.one(changes).unwrap().payout;
        (payout.end_to_end_id.as_str().to_owned(), payout.token.base32())
    };
    assert_eq!(id(&[("end_to_end_id", "INV 7")]).0, "INV 7");
    assert_eq!(id(&[]).0, "A-1");
    // An underscore does not travel, and 36 characters are too many.
    let (underscore, token) = id(&[("external_id", "A_1")]);
    assert_eq!(underscore, token);
    let (long, token) = id(&[("external_id", &"A".repeat(36))]);
    assert_eq!(long, token);
    let (short, token) = id(&with(USD, &[("external_id", "more-than-15-characters")]));
    assert_eq!(short, token[..15]);
    // An external id that another row's reference took, case aside, gives way to the token.
    let header = "external_id,end_to_end_id,debtor.account_ref,amount.value,amount.currency,creditor.name,creditor_account.iban";
    let row = "demo-eur,1,EUR,Li,DE89370400440532013000";
    let file = format!("{header}\nA,b,{row}\nB,,{row}\nC,B,{row}\n");
    let taken = world.take(file.as_bytes(), Format::Csv(Separator::Comma));
    assert_eq!(places(&taken.refused), ["4:end_to_end_id: end_to_end_id.duplicate_in_file"]);
    assert_eq!(taken.accepted[1].payout.end_to_end_id.as_str(), taken.accepted[1].payout.token.base32());
}

#[test]
fn texts_are_spelled_in_the_rails_characters_and_the_client_is_told() {
    let mut world = World::new();
    let changes = [("creditor.name", "Zoë Müller 🎨"), ("remittance.unstructured", "Für Größe")];
    let checked = world.one(&changes).unwrap();
    let sent = &checked.payout.instruction;
    assert!(sent.creditor.name.as_str().starts_with("Zoe Mueller"), "{}", sent.creditor.name.as_str());
    assert_eq!(
        listed(&checked.warnings, Severity::Warning),
        ["creditor.name: text.charset", "remittance.unstructured: text.charset"]
    );
    assert_eq!(checked.warnings[1].proposal.as_deref(), Some("Fuer Groesse"));
    assert_eq!(
        checked.payout.changes,
        ["/creditor/name: text.charset", "/remittance/unstructured: text.charset"]
    );
    assert!(!format!("{checked:?}").contains("Mueller"), "names stay out of logs");
    world.text_policy = Policy::Refuse;
    assert_eq!(
        world.errors(&changes),
        ["creditor.name: text.charset", "remittance.unstructured: text.charset"]
    );
}

#[test]
fn names_fit_or_are_refused_or_cut_when_allowed() {
    let world = World::new();
    let name = |text: &str| world.errors(&[("creditor.name", text)]);
    assert_eq!(name(&"N".repeat(70)), Vec::<String>::new());
    assert_eq!(name(&"N".repeat(71)), ["creditor.name: name.length"]);
    assert_eq!(name("—!"), ["creditor.name: name.required"]);
    // Seventy characters that become more in the rail's letters.
    assert_eq!(name(&"Ä".repeat(70)), ["creditor.name: name.length"]);
    let cut = world.one(&[("creditor.name", &"N".repeat(71)), ("allow_truncation", "true")]).unwrap();
    assert_eq!(cut.payout.instruction.creditor.name.as_str(), "N".repeat(70));
    assert_eq!(listed(&cut.warnings, Severity::Warning), ["creditor.name: text.truncated"]);
    assert_eq!(
        world.errors(&with(USD, &[("creditor.name", "Twenty three characters")])),
        ["creditor.name: name.length"]
    );
    let refused = world.one(&[("creditor.name", &"N".repeat(71))]).unwrap_err();
    assert_eq!(refused[0].proposal.as_deref(), Some("N".repeat(70).as_str()));
    assert_eq!(refused[0].rail, Some(Rail::SepaCreditTransfer));
}

#[test]
fn texts_of_nothing_and_numbers_in_foreign_letters_do_not_leave() {
    let world = World::new();
    assert_eq!(world.errors(&[("remittance.unstructured", "  ")]), ["remittance.unstructured: member.empty"]);
    assert_eq!(world.errors(&[("creditor.name", "Zoe\u{7}")]), ["creditor.name: text.control"]);
    let identifier = [("creditor.identifiers.0.scheme", "TXID"), ("creditor.identifiers.0.value", "№ 7")];
    assert_eq!(world.errors(&identifier), ["creditor.identifiers.0.value: identifier.format"]);
    assert_eq!(world.errors(&[("purpose.proprietary", "créateur")]), ["purpose.proprietary: purpose.format"]);
    assert_eq!(world.warnings(&[("purpose", "ZZZZ")]), ["purpose: purpose.unknown"]);
}

#[test]
fn addresses_of_november_2026() {
    let world = World::new();
    let town = ("creditor.address.town", "Berlin");
    let country = ("creditor.address.country", "DE");
    let line = |text: &'static str| ("creditor.address.lines.0", text);
    assert_eq!(world.errors(&[town, country, line("Rear building")]), Vec::<String>::new());
    assert_eq!(
        world.errors(&[town, country, line("Hof 3, Berlin")]),
        ["creditor.address.lines.0: address.duplicate_line"]
    );
    assert_eq!(
        world.errors(&[country, line("Hof 3, Berlin")]),
        ["creditor.address.lines: address.unstructured"]
    );
    assert_eq!(
        world.errors(&[("creditor.address.town", "NOTPROVIDED"), country]),
        ["creditor.address.town: address.placeholder"]
    );
    // CHAPS wants an address; Faster Payments does not.
    let urgent = with(GBP, &[("speed", "urgent")]);
    assert_eq!(world.errors(&urgent), ["creditor.address: address.required"]);
    let addressed = with(&urgent, &[("creditor.address.town", "London"), ("creditor.address.country", "GB")]);
    assert_eq!(world.one(&addressed).unwrap().payout.rail, Rail::UkChaps);
}

#[test]
fn the_rail_follows_speed_preference_and_reach() {
    let world = World::new();
    let rail = |changes: &[(&str, &str)]| world.one(changes).map(|one| one.payout.rail);
    assert_eq!(rail(&[]).unwrap(), Rail::SepaCreditTransfer);
    assert_eq!(rail(&[("speed", "instant_required")]).unwrap(), Rail::SepaInstant);
    assert_eq!(
        rail(&[("speed", "instant_preferred"), ("requested_execution.date", "+7")]).unwrap(),
        Rail::SepaCreditTransfer
    );
    assert_eq!(rail(&[("rail_preference.0", "sepa_inst")]).unwrap(), Rail::SepaInstant);
    assert_eq!(
        world.errors(&[("rail_preference.0", "sepa_sct"), ("speed", "instant_required")]),
        ["speed: route.speed"]
    );
    assert_eq!(
        world.errors(&[("speed", "instant_required"), ("requested_execution.date", "+1")]),
        ["requested_execution.date: date.instant_future"]
    );
    assert_eq!(world.errors(&[("speed", "urgent")]), ["speed: route.not_offered"]);
    assert_eq!(world.errors(&[("charge_bearer", "debtor")]), ["charge_bearer: charge_bearer.not_on_rail"]);
    let checked = world.one(&[("speed", "instant_preferred"), ("requested_execution.date", "+7")]).unwrap();
    let record: Vec<(Rail, usize)> =
        checked.routing.candidates.iter().map(|one| (one.rail, one.dropped.len())).collect();
    assert_eq!(record, [(Rail::SepaInstant, 1), (Rail::SepaCreditTransfer, 0)]);
}

#[test]
fn dates_of_the_rail() {
    // Moment, wished date, currency account, date that goes out. Cut-off 15:00 Brussels minus ten minutes.
    let table = [
        (NOW, "", "2026-11-23"),
        (NOW, "today", "2026-11-23"),
        (NOW, "+1", "2026-11-24"),
        (NOW, "2026-11-28", "2026-11-30"),
        // One second before the cut-off, and at it.
        ("2026-11-23T13:49:59Z", "", "2026-11-23"),
        ("2026-11-23T13:50:00Z", "", "2026-11-24"),
        // A Friday past its cut-off, a Saturday, a Sunday.
        ("2026-11-27T14:00:00Z", "", "2026-11-30"),
        ("2026-11-28T08:00:00Z", "", "2026-11-30"),
        ("2026-11-29T12:00:00Z", "today", "2026-11-30"),
        // 25 and 26 December are closed; then comes a weekend.
        ("2026-12-24T15:00:00Z", "", "2026-12-28"),
        ("2026-12-25T09:00:00Z", "+1", "2026-12-28"),
        ("2027-11-22T09:00:00Z", "", "2027-11-22"),
        // Summer time ends on 25 October 2026: the same local cut-off is another moment.
        ("2026-10-23T12:49:59Z", "", "2026-10-23"),
        ("2026-10-23T12:50:00Z", "", "2026-10-26"),
        ("2026-10-26T13:49:59Z", "", "2026-10-26"),
        // Just after midnight in Berlin it is the next day there, though not in Greenwich.
        ("2026-11-22T23:30:00Z", "today", "2026-11-23"),
        // Good Friday and Easter Monday; the night in which the clocks go forward.
        ("2027-03-25T15:00:00Z", "", "2027-03-30"),
        ("2027-03-28T01:30:00Z", "today", "2027-03-30"),
    ];
    for (moment, wished, expected) in table {
        let checked = World::at(moment).one(&[("requested_execution.date", wished)]).unwrap();
        let expected: NaiveDate = expected.parse().unwrap();
        assert_eq!(checked.payout.execution_date, expected, "{moment} {wished}");
    }
}

#[test]
fn dates_that_are_moved_are_told_or_refused() {
    let world = World::new();
    let date = "requested_execution.date";
    assert_eq!(world.warnings(&[(date, "2026-11-28")]), ["requested_execution.date: date.rolled"]);
    let reject = ("requested_execution.date_policy", "reject");
    assert_eq!(
        world.errors(&[(date, "2026-11-28"), reject]),
        ["requested_execution.date: date.not_business_day"]
    );
    assert_eq!(world.errors(&[(date, "2026-11-22")]), ["requested_execution.date: date.past"]);
    assert_eq!(world.errors(&[(date, "+90")]), Vec::<String>::new());
    assert_eq!(world.errors(&[(date, "+91")]), ["requested_execution.date: date.horizon"]);
    for wrong in ["2026-11-31", "23.11.2026", "2026-1-1", "+", "+1d", "tomorrow", "+99999", "20261123"] {
        assert_eq!(world.errors(&[(date, wrong)]), ["requested_execution.date: date.format"], "{wrong}");
    }
    // Instant: today, be it a Sunday.
    let sunday = World::at("2026-11-29T12:00:00Z");
    let instant = sunday.one(&[("speed", "instant_required")]).unwrap();
    assert_eq!(instant.payout.execution_date, "2026-11-29".parse().unwrap());
}

#[test]
fn a_repetition_on_another_day_is_a_repetition() {
    let relative = [("requested_execution.date", "+1")];
    let (today, tomorrow) = (World::new(), World::at("2026-11-24T09:00:00Z"));
    let (today, tomorrow) = (today.one(&relative).unwrap(), tomorrow.one(&relative).unwrap());
    assert_ne!(today.payout.execution_date, tomorrow.payout.execution_date);
    assert_eq!(today.content, tomorrow.content);
    let other = World::new().one(&[("amount.value", "12.51")]).unwrap();
    assert_ne!(World::new().one(&[]).unwrap().content, other.content);
}
