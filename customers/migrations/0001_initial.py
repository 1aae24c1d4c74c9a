import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='number')),
                ('status', models.CharField(choices=[('active', 'Active'), ('blocked', 'Blocked'), ('merged', 'Merged into another'), ('erased', 'Erased')], default='active', max_length=10, verbose_name='state')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('company', models.CharField(blank=True, max_length=120, verbose_name='company')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('phone_digits', models.CharField(blank=True, editable=False, help_text='E.164 without the plus', max_length=20)),
                ('language', models.CharField(default='en-gb', max_length=10, verbose_name='language')),
                ('vat_id', models.CharField(blank=True, max_length=20, verbose_name='VAT id')),
                ('tags', models.JSONField(blank=True, default=list)),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('blocked_reason', models.CharField(blank=True, max_length=200, verbose_name='why blocked')),
                ('version', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(verbose_name='customer since')),
                ('blocked_at', models.DateTimeField(blank=True, null=True)),
                ('merged_at', models.DateTimeField(blank=True, null=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('newsletter', 'Newsletter'), ('sms', 'SMS'), ('feedback', 'Feedback requests')], max_length=20)),
                ('is_granted', models.BooleanField()),
                ('source', models.CharField(blank=True, max_length=80)),
                ('at', models.DateTimeField()),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='customers.customer')),
            ],
        ),
        migrations.CreateModel(
            name='ChannelIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=40)),
                ('external_id', models.CharField(max_length=80)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='identities', to='customers.customer')),
            ],
            options={
                'verbose_name_plural': 'channel identities',
            },
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='name')),
                ('company', models.CharField(blank=True, max_length=120, verbose_name='company')),
                ('line1', models.CharField(blank=True, max_length=200, verbose_name='street')),
                ('line2', models.CharField(blank=True, max_length=200, verbose_name='street, continued')),
                ('city', models.CharField(blank=True, max_length=120, verbose_name='town')),
                ('region', models.CharField(blank=True, max_length=120, verbose_name='region')),
                ('postcode', models.CharField(blank=True, max_length=20, verbose_name='postcode')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='phone')),
                ('label', models.CharField(blank=True, max_length=40, verbose_name='label')),
                ('is_default', models.BooleanField(default=False, verbose_name='default')),
                ('created_at', models.DateTimeField()),
                ('replaced_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to='customers.customer')),
            ],
            options={
                'verbose_name_plural': 'addresses',
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=300, verbose_name='what to do')),
                ('due_on', models.DateField(verbose_name='when')),
                ('due_time', models.TimeField(blank=True, null=True, verbose_name='at')),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=120)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('done_by', models.CharField(blank=True, max_length=120)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='customers.customer')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'follow-up',
                'verbose_name_plural': 'follow-ups',
            },
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(django.db.models.functions.text.Lower('email'), name='customer_email'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(django.db.models.functions.text.Lower('name'), models.F('id'), name='customer_name'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['phone_digits'], name='customer_phone'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['-created_at', '-id'], name='customer_created'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into__isnull', True), ('status', 'merged'), _connector='OR'), name='customer_merged_pair'),
        ),
        migrations.AddConstraint(
            model_name='channelidentity',
            constraint=models.UniqueConstraint(fields=('channel', 'external_id'), name='one_identity'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True), ('replaced_at__isnull', True)), fields=('customer',), name='one_default_address'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('done_at__isnull', True)), fields=['person', 'due_on'], name='follow_up_mine'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(fields=['customer', '-id'], name='follow_up_customer'),
        ),
        migrations.AddConstraint(
            model_name='followup',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='follow_up_says_what'),
        ),
    ]
