"""What is found, with the real engine: tables of texts and values, and near misses that must stay."""

from __future__ import annotations

import pytest

from deploysim.scrub.scrubber import Scrubber

FOUND = (
    ("My name is Anna Reid and I work with Tomasz Kowalczyk.", "PERSON", ("Anna Reid", "Tomasz Kowalczyk")),
    ("my name is samantha, call me sam", "PERSON", ("samantha", "sam")),
    ("hi, i'm jorge martinez and my wife maria needs help", "PERSON", ("jorge martinez", "maria")),
    ("Dear Mr. Okonkwo, thank you for your letter.", "PERSON", ("Okonkwo",)),
    ("Best regards,\nDaniela Rossi\nSales Manager", "PERSON", ("Daniela Rossi",)),
    ("Me llamo Carlos Fuentes y tengo una pregunta.", "PERSON", ("Carlos Fuentes",)),
    ("Mein Name ist Jürgen Schäfer.", "PERSON", ("Jürgen Schäfer",)),
    ("MY NAME IS JOHN CARTER AND I AM ANGRY", "PERSON", ("JOHN CARTER",)),
    ("Write to anna.reid@acme.co.uk today", "EMAIL_ADDRESS", ("anna.reid@acme.co.uk",)),
    ("john dot smith at gmail dot com", "EMAIL_ADDRESS", ("john dot smith at gmail dot com",)),
    ("Call +44 20 7946 0958 or (415) 222-3333 ext. 12.", "PHONE_NUMBER", ("+44 20 7946 0958", "(415) 222-3333 ext. 12")),
    ("my number is 0171 2345678", "PHONE_NUMBER", ("0171 2345678",)),
    ("Let us meet on 2024-03-15 at 14:30.", "DATE_TIME", ("2024-03-15 at 14:30",)),
    ("My birthday is March 3rd, born in 1985.", "DATE_TIME", ("March 3rd", "1985")),
    ("I'm 34 years old.", "AGE", ("34",)),
    ("My card is 4111 1111 1111 1111, thanks", "CREDIT_CARD", ("4111 1111 1111 1111",)),
    ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN_CODE", ("DE89 3704 0044 0532 0130 00",)),
    ("Account number 12345678, sort code 12-34-56", "BANK_ACCOUNT", ("12345678", "12-34-56")),
    ("My SSN is 536-32-3065.", "US_SSN", ("536-32-3065",)),
    ("passport number X1234567", "PASSPORT", ("X1234567",)),
    ("my driver's license is D1234567", "DRIVER_LICENSE", ("D1234567",)),
    ("NHS number 943 476 5919", "MEDICAL_ID", ("943 476 5919",)),
    ("policy number AB-998877", "INSURANCE_ID", ("AB-998877",)),
    ("order number 5567-889-01, tracking 1Z999AA10123456784", "ORDER_ID", ("5567-889-01", "1Z999AA10123456784")),
    ("customer id 889231, see CUST-00912", "CUSTOMER_ID", ("889231", "CUST-00912")),
    ("employee ID: E-4471", "EMPLOYEE_ID", ("E-4471",)),
    ("ticket INC-20931", "CASE_ID", ("INC-20931",)),
    ("My key is sk-proj-abcdEFGH1234ijklMNOP5678", "API_KEY", ("sk-proj-abcdEFGH1234ijklMNOP5678",)),
    ("token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "API_KEY", ("ghp_16C7e42F292c6912E7710c838347Ae178B4a",)),
    ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMiJ9.abc123DEF456", "API_KEY", ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMiJ9.abc123DEF456",)),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n-----END RSA PRIVATE KEY-----", "PRIVATE_KEY",
     ("-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n-----END RSA PRIVATE KEY-----",)),
    ("my password is hunter2, and the wifi password: Sunshine!42", "PASSWORD", ("hunter2", "Sunshine!42")),
    ("postgres://admin:s3cr3tpw@db.acme.io:5432/prod", "URL", ("postgres://admin:s3cr3tpw@db.acme.io:5432/prod",)),
    ("Server 86.121.97.248 and 2a02:8108:8ac0:1::5", "IP_ADDRESS", ("86.121.97.248", "2a02:8108:8ac0:1::5")),
    ("mac 00:1B:44:11:3A:B7", "MAC_ADDRESS", ("00:1B:44:11:3A:B7",)),
    ("device imei 356938035643809", "DEVICE_ID", ("356938035643809",)),
    ("my plate AB12 CDE was seen", "VEHICLE_PLATE", ("AB12 CDE",)),
    ("I'm at 52.520008, 13.404954 right now", "COORDINATES", ("52.520008, 13.404954",)),
    ("follow @anna_reid92, discord: shadow_fox#4821", "USERNAME", ("@anna_reid92", "shadow_fox#4821")),
    ("See https://www.janesmithphotography.com/gallery?id=99812", "URL", ("https://www.janesmithphotography.com/gallery?id=99812",)),
    ("look at linkedin.com/in/anna-reid-4711", "URL", ("linkedin.com/in/anna-reid-4711",)),
    ("Ship it to 221B Baker Street, London NW1 6XE", "ADDRESS", ("221B Baker Street, London NW1 6XE",)),
    ("I live at 742 Evergreen Terrace, Springfield, IL 62704.", "ADDRESS", ("742 Evergreen Terrace, Springfield, IL 62704",)),
    ("Meine Adresse: Lindenstraße 12, 10969 Berlin", "ADDRESS", ("Lindenstraße 12, 10969 Berlin",)),
    ("12 rue de Rivoli, 75001 Paris", "ADDRESS", ("12 rue de Rivoli, 75001 Paris",)),
    ("I moved from Huddersfield to Lyon last year", "LOCATION", ("Huddersfield", "Lyon")),
    ("Her SSN 756.7548.3926 is on the form", "US_SSN", ("756.7548.3926",)),
    ("Your password for the portal is k7Jd_2mQpX9z", "PASSWORD", ("k7Jd_2mQpX9z",)),
    ("User Tressa.Kling94 logged in", "USERNAME", ("Tressa.Kling94",)),
    ("device serial C02XG1YHJGH5", "DEVICE_ID", ("C02XG1YHJGH5",)),
    ("Medicare number 1EG4-TE5-MK73", "MEDICAL_ID", ("1EG4-TE5-MK73",)),
    ("I lost my luggage tag LH 448291", "ORDER_ID", ("LH 448291",)),
    ("Written when he was 78.", "AGE", ("78",)),
    ("The shop is based in Kulusuk.", "LOCATION", ("Kulusuk",)),
    ("A year at Acme in Chiclana de la Frontera was enough.", "LOCATION", ("Chiclana de la Frontera",)),
    ("directed by James Koumura and starring Mikolčić", "PERSON", ("James Koumura", "Mikolčić")),
    ("What's your name? April Martin", "PERSON", ("April Martin",)),
    ("mr. kadyrov called", "PERSON", ("kadyrov",)),
    ("Mark is a very sympathetic person", "PERSON", ("Mark",)),
    ("BTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "CRYPTO", ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",)),
)  # fmt: skip

NEAR_MISSES = (
    "In May we may march. Will you mark the page?",
    "What is the capital of Jordan?",
    "Washington announced new tariffs on steel.",
    "Python 3.12 and Django 4.2.7 run on Ubuntu 22.04.",
    "Upgrade to version 10.2.0.1 of the driver.",
    "The Rose Garden tour is on Monday morning.",
    "Use os.path.join and self.name in main.py",
    "`const maxRetries = 5; user.getName()`",
    "import numpy as np\ndef add(a, b):\n    return a + b",
    "How do I reset my password? The password is required.",
    "The password must be at least 8 characters.",
    "It costs $1,299.99 for 12 months, 1500 kcal, 1990-2000.",
    "pi is 3.14159265358979 and e is 2.718281828",
    "What happened in 1789? And in the 1990s?",
    "See https://docs.python.org/3/library/re.html and https://en.wikipedia.org/wiki/Jordan",
    "@property and @Override are decorators; npm install @types/node",
    "Ping 127.0.0.1 or 192.168.1.1 with mask 255.255.255.0",
    "Mail user@example.com for a sample.",
    "My order has not arrived. I ordered two weeks ago.",
    "I love Amazon and Google, but Apple is pricey.",
    'Translate "Good morning" into French and German.',
    "Explain Bayes' theorem and the Gaussian distribution.",
    "Capitalized words like Wisdom and Discipline are often mistaken with names.",
    "Case 1: the policy fails. Step 2 of 3. Room 12. Chapter 7.",
    "The ISBN is 978-3-16-148410-0",
    "git commit 3f2a9c1 fixes issue #4521",
    "Summer in Paris is lovely, and London in autumn too.",
    "List 5 cities in Germany and 3 rivers in France.",
    "April is a cold month. The serial 2000 was sold.",
    "The password for the account is wrong again.",
    "add 25 grams of sugar and bake 40 minutes at 180 degrees",
)


@pytest.mark.parametrize(("text", "entity", "values"), FOUND, ids=[row[0][:30] for row in FOUND])
def test_values_are_found_whole_and_replaced(
    marking_scrubber: Scrubber, text: str, entity: str, values: tuple[str, ...]
) -> None:
    """Each value is replaced, all of it and nothing else, under its own type."""
    scrubbed = marking_scrubber.scrub_text(text, conversation_id="c")

    expected = text
    for value in values:
        expected = expected.replace(value, f"<{entity}>", 1)
    actual = scrubbed.text
    for span in reversed(scrubbed.spans):
        actual = actual[: span.start] + f"<{span.entity}>" + actual[span.end :]
    assert expected == actual


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_near_misses_stay(scrubber: Scrubber, text: str) -> None:
    """What only looks like personal data is left exactly as it was."""
    assert text == scrubber.scrub_text(text, conversation_id="c").text
