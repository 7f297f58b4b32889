//! Messages and blocks, and what is written of them.

use super::*;

fn assert_plan_holds(messages: &[PlannedMessage], accepted: &[Checked], bank: &Bank) {
    let limits = &bank.profile.limits;
    let mut members: Vec<usize> = Vec::new();
    for message in messages {
        assert!(message.count <= u64::from(limits.payments_per_message));
        assert_eq!(message.count, message.blocks.iter().map(|block| block.count).sum::<u64>());
        assert_eq!(message.sum, message.blocks.iter().map(|block| block.sum).sum());
        for block in &message.blocks {
            assert!(block.count <= u64::from(limits.payments_per_block));
            assert!(block.sum <= limits.sum_per_block || block.count == 1);
            assert_eq!(block.count as usize, block.members.len());
            let amounts = block.members.iter().map(|at| accepted[*at].payout.instruction.amount.value());
            assert_eq!(block.sum, amounts.sum());
            for member in &block.members {
                let payout = &accepted[*member].payout;
                assert_eq!((payout.rail, payout.execution_date), (block.key.rail, block.key.execution_date));
                assert_eq!(payout.instruction.debtor_account_ref, block.key.debtor_account_ref);
            }
            members.extend(&block.members);
        }
    }
    members.sort_unstable();
    assert_eq!(members, (0..accepted.len()).collect::<Vec<_>>(), "each payout in exactly one block");
}

#[test]
fn grouping_is_exact_within_limits_and_deterministic() {
    let world = World::new();
    let accepted = world.take(&fixture("creators.csv"), Format::Csv(Separator::Comma)).accepted;
    let payouts: Vec<_> = accepted.iter().map(|one| &one.payout).collect();
    for (per_message, per_block, sum) in
        [(5000, 5000, "999999999999.99"), (100, 7, "1000"), (1, 1, "1"), (13, 50, "60000")]
    {
        let mut bank = demonstration::bank();
        bank.profile.limits.payments_per_message = per_message;
        bank.profile.limits.payments_per_block = per_block;
        bank.profile.limits.sum_per_block = sum.parse().unwrap();
        let messages = plan(&bank, &payouts, &world.id_key);
        assert_plan_holds(&messages, &accepted, &bank);
        assert_eq!(messages, plan(&bank, &payouts, &world.id_key));
        let ids: BTreeSet<&str> = messages.iter().map(|message| message.message_id.as_str()).collect();
        assert_eq!(ids.len(), messages.len());
        assert!(ids.iter().all(|id| id.len() == 32));
    }
}

#[test]
fn converting_gives_valid_messages_and_the_same_octets_again() {
    let world = World::new();
    let accepted = world.take(&fixture("creators.csv"), Format::Csv(Separator::Comma)).accepted;
    let total: rust_decimal::Decimal = accepted.iter().map(|one| one.payout.instruction.amount.value()).sum();
    for (version, name) in [
        (Version::V03, "pain.001.001.03"),
        (Version::V09, "pain.001.001.09"),
        (Version::V12, "pain.001.001.12"),
    ] {
        let documents = convert(&accepted, version, &world.context()).unwrap();
        assert_eq!(documents.len(), 1);
        let octets = &documents[0].octets;
        let verdict = girogate::schema::walk::validate_shipped(octets.as_slice()).unwrap();
        assert!(verdict.valid, "{name}: {:?}", verdict.findings);
        assert!(verdict.namespace.unwrap().ends_with(name));
        let text = std::str::from_utf8(octets).unwrap();
        assert_eq!(text.matches("<CdtTrfTxInf>").count(), accepted.len());
        assert!(text.contains(&format!("<NbOfTxs>{}</NbOfTxs><CtrlSum>{total}</CtrlSum>", accepted.len())));
        assert_eq!(documents, convert(&accepted, version, &world.context()).unwrap());
        official_xsd(name, octets);
    }
}

/// The official schema by xmllint, where both are at hand.
fn official_xsd(name: &str, octets: &[u8]) {
    let Some(schema) = shared(&format!("xsd/{name}.xsd")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payouts.xml");
    std::fs::write(&file, octets).unwrap();
    let run =
        std::process::Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).arg(file).output();
    match run {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => eprintln!("SKIPPED: xmllint: {error}"),
    }
}

/// What goes by SEPA rails keeps the narrower schema of the EPC's guidelines as well. It has no UETR.
#[test]
fn sepa_payouts_keep_the_rules_of_the_epc() {
    let mut world = World::new();
    world.banks[0].profile.message.uetr = girogate::bank::profile::Uetr::Omit;
    let mut accepted = world.take(&fixture("creators.csv"), Format::Csv(Separator::Comma)).accepted;
    accepted.retain(|one| one.payout.instruction.amount.currency().code() == "EUR");
    assert!(accepted.len() > 800);
    let documents = convert(&accepted, Version::V09, &world.context()).unwrap();
    official_xsd("restricted/epc-c2b-2025/pain.001.001.09", &documents[0].octets);
}
