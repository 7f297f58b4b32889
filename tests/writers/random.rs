//! Payouts at random, the same for the same seed: every form of account, party, address and text, at every length.

use girogate::domain::account::{
    AbaRouting, Account, BankCode, Bic, Iban, OtherAccountNumber, OtherAgent, SecondaryReference, SortCode,
    UkAccountNumber, UsAccountKind, UsAccountNumber,
};
use girogate::domain::country::Country;
use girogate::domain::party::{Address, AddressParts, Party, PartyIdentifier, PartyKind, PartyName};
use girogate::domain::payout::{Agent, Code, Payout, Remittance};
use girogate::domain::reference::EndToEndId;

use crate::payouts::{amount, plain};

/// A small generator (xorshift), so that a seed gives the same payouts everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() >> 8).unwrap() % most
    }

    fn one_in(&mut self, most: usize) -> bool {
        self.below(most) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A text of 1 to `most` characters without white space at its ends: mostly plain, sometimes of any script.
    fn text(&mut self, most: usize) -> String {
        let alphabets = [
            "ABCdef 0123 .,-/",
            "äöüßéÇÑ abc",
            "žŁőșț€ xyz",
            "a^|b~`´ \\{}[]",
            "漢字🎉 &<>\"'",
            "Az09",
            "soft\u{AD}hyphen é",
        ];
        let weights = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 5, 5, 6];
        let alphabet: Vec<char> = alphabets[*self.pick(&weights)].chars().collect();
        let length = if self.one_in(4) { most } else { 1 + self.below(most) };
        let mut text: String = (0..length).map(|_| *self.pick(&alphabet)).collect();
        text.replace_range(..text.chars().next().map_or(0, char::len_utf8), "x");
        text.trim_end().to_owned()
    }

    fn maybe(&mut self, most: usize) -> Option<String> {
        self.one_in(3).then(|| self.text(most))
    }

    fn address(&mut self) -> Option<Address> {
        let town = self.text(35);
        let parts = AddressParts {
            department: self.maybe(70),
            sub_department: self.maybe(70),
            street: self.maybe(70),
            building_number: self.maybe(16),
            building_name: self.maybe(35),
            floor: self.maybe(70),
            post_box: self.maybe(16),
            room: self.maybe(70),
            postcode: self.maybe(16),
            town: Some(town),
            town_location: self.maybe(35),
            district: self.maybe(35),
            country_subdivision: self.maybe(35),
            country: Some((*self.pick(&["DE", "CH", "AT", "GB", "US", "LI"])).to_owned()),
            lines: (0..self.below(3)).map(|_| self.text(70)).collect(),
        };
        Address::parse(parts).ok()
    }

    fn party(&mut self) -> Party {
        let kind = *self.pick(&[PartyKind::Individual, PartyKind::Organisation]);
        let mut party = Party::named(PartyName::parse(&self.text(140)).unwrap(), kind);
        if self.one_in(3) {
            party.name = PartyName::parse("Zoe Muller").unwrap();
        }
        if self.one_in(2) {
            party.address = self.address();
        }
        let number = PartyIdentifier::parse("TXID", "DE123456789").unwrap();
        let own = PartyIdentifier::parse("own scheme", &self.text(35)).unwrap();
        let lei = PartyIdentifier::parse("LEI", "529900T8BM49AURSDO55").unwrap();
        for id in [number, own, lei] {
            if self.one_in(5) {
                party.identifiers.push(id);
            }
        }
        party
    }

    fn account(&mut self) -> Account {
        let iban = |text: &str| Account::Iban(Iban::parse(text).unwrap());
        let other = |country: &str, agent: OtherAgent, account: &str| Account::Other {
            country: Country::parse(country).unwrap(),
            agent,
            account: OtherAccountNumber::parse(account).unwrap(),
        };
        match self.below(12) {
            0 => Account::Uk {
                sort_code: SortCode::parse("123456").unwrap(),
                account: UkAccountNumber::parse("01234567").unwrap(),
                secondary_reference: self.one_in(2).then(|| SecondaryReference::parse("ROLL/123-4").unwrap()),
            },
            1 => Account::Us {
                routing: AbaRouting::parse("021000021").unwrap(),
                account: UsAccountNumber::parse("0001234567").unwrap(),
                kind: *self.pick(&[UsAccountKind::Checking, UsAccountKind::Savings]),
            },
            2 => other("CA", OtherAgent::BankCode(BankCode::parse("000312345").unwrap()), "1234567"),
            3 => other("FR", OtherAgent::BankCode(BankCode::parse("30006").unwrap()), "00001234567"),
            4 => other("JP", OtherAgent::Bic(Bic::parse("BOTKJPJT").unwrap()), "7654321"),
            5 | 6 => iban("CH9300762011623852957"),
            7 => iban("FR1420041010050500013M02606"),
            _ => iban("DE89370400440532013000"),
        }
    }

    fn remittance(&mut self) -> Remittance {
        match self.below(5) {
            0 => Remittance::None,
            1 => Remittance::Reference {
                kind: Code::Listed("SCOR".to_owned()),
                reference: "RF18539007547034".to_owned(),
            },
            2 => Remittance::Reference {
                kind: Code::Proprietary("QRR".to_owned()),
                reference: "210000000003139471430009017".to_owned(),
            },
            _ => Remittance::Unstructured(self.text(140)),
        }
    }

    fn code(&mut self) -> Option<Code> {
        match self.below(6) {
            0 => Some(Code::Proprietary(self.text(35))),
            1 | 2 => Some(Code::Listed((*self.pick(&["ROYA", "SUPP", "OTHR"])).to_owned())),
            _ => None,
        }
    }

    /// A payout with number `number`: of two one is wild, the other odd in one or two members at most.
    pub fn payout(&mut self, number: u32) -> Payout {
        let mut payout = plain(number);
        let rarely = if self.one_in(2) { 8 } else { 1 };
        let money =
            ["0.01 EUR", "12.50 EUR", "999999999.99 EUR", "1000000000.00 EUR", "12345 JPY", "1.005 BHD"];
        let weights = [0, 1, 1, 1, 1, 1, 1, 2, 3, 4, 5];
        if self.one_in(6) {
            payout.end_to_end_id = EndToEndId::parse("RE 4711/2026 (A), 'B'+C?").unwrap();
        }
        let instruction = &mut payout.instruction;
        if self.one_in(rarely) {
            let (value, currency) = money[*self.pick(&weights)].split_once(' ').unwrap();
            instruction.amount = amount(value, currency);
        }
        if self.one_in(rarely) {
            instruction.creditor_account = self.account();
        }
        if self.one_in(rarely) {
            instruction.remittance = self.remittance();
        }
        if self.one_in(rarely) {
            instruction.creditor = self.party();
        }
        if self.one_in(rarely) {
            instruction.purpose = self.code();
        }
        if self.one_in(rarely) {
            instruction.ultimate_debtor = self.one_in(4).then(|| self.text(70));
            instruction.ultimate_creditor = self.one_in(4).then(|| self.text(140));
        }
        if self.one_in(2) {
            let bic = *self.pick(&["COBADEFF", "COBADEFFXXX", "UBSWCHZH80A", "7BKADEFF", "COBADE0O"]);
            let clearing = self.one_in(8).then(|| ("DEBLZ".to_owned(), "37040044".to_owned()));
            instruction.creditor_agent = Some(Agent { bic: Bic::parse(bic).ok(), clearing });
        }
        payout
    }

    /// Whole files of them.
    pub fn payouts(&mut self, count: u32) -> Vec<Payout> {
        (0..count).map(|number| self.payout(number)).collect()
    }
}
